import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Run } from "./runs.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

const model = join(import.meta.dirname, "sluice.pml");
/** One search takes seconds; several times as long on a busy machine. Unit: milliseconds. */
const timeoutMs = 300_000;
/** What one search may use. Unit: megabytes. */
const memoryMax = 1_200;
/** Deeper than any history is long. */
const depthMax = 100_000;

export type Tools = { readonly spin: string; readonly gcc: string };

/** Translates the model to a verifier, compiles it, and searches: breadth first where a history is wanted, since that finds a shortest one. */
export function search({ spin, gcc }: Tools, run: Run): Verdict {
  const folder = mkdtempSync(join(tmpdir(), "sluice-model-"));
  const call = (program: string, args: readonly string[]): string => {
    const { stdout, stderr, error } = spawnSync(program, args, { cwd: folder, encoding: "utf8", timeout: timeoutMs });
    return `${stdout ?? ""}${stderr ?? ""}${error ? `${program}: ${error.message}` : ""}`;
  };
  const defines = run.defines.map((define) => `-D${define}`);
  const order = run.expected === "holds" ? "-DCOLLAPSE" : "-DBFS";
  try {
    const translated = call(spin, ["-a", ...defines, model]);
    const compiled = call(gcc, [
      "-O1",
      "-w",
      "-DSAFETY",
      "-DNOFAIR",
      `-DMEMLIM=${memoryMax}`,
      order,
      "-o",
      "pan",
      "pan.c",
    ]);
    if (compiled !== "") return { kind: "unfinished", because: `${translated}${compiled}` };
    const output = call(join(folder, "pan"), [`-m${depthMax}`, "-E", "-n"]);
    return verdictOf(output, () => call(spin, ["-t", "-T", "-k", "sluice.pml.trail", ...defines, model]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
