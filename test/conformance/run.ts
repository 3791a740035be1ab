import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { planes } from "./planes/planes.ts";

// `pnpm conformance [--full] [--plane NAME] [PATH-PART …]`: the suite by itself, on every plane or that one. With `--full` it asks with the numbers of the
// specification: 10,000 requests where `pnpm test` asks 1,000, streams of a minute and of ten, statistics in real time. That takes
// about an hour. First it says what each plane lacks, and so isn't asked.

const { values, positionals } = parseArgs({
  options: { full: { type: "boolean" }, plane: { type: "string" } },
  allowPositionals: true,
});
process.env["SLUICE_PLANE"] = values.plane ?? "all";
if (values.full) process.env["SLUICE_CONFORMANCE"] = "full";

for (const { name, missing, lacks } of planes()) {
  if (missing !== undefined && process.env["SLUICE_PEERS"] === "required")
    throw new Error(`SLUICE_PEERS=required, and ${name} can't be played on: ${missing}`);
  console.log(`${name}${missing === undefined ? "" : `: ${missing}`}`);
  for (const [what, because] of Object.entries(lacks)) console.log(`  lacks ${what}: ${because}`);
}

const files = globSync("**/*.test.ts", { cwd: import.meta.dirname })
  .filter((path) => positionals.length === 0 || positionals.some((part) => path.includes(part)))
  .map((path) => join(import.meta.dirname, path))
  .toSorted();
if (files.length === 0) throw new Error(`no test file's path contains ${positionals.join(", ")}`);
// One after the other in the full form: it measures. And on another's plane, whose starved deadlines are nobody's here to mend.
const concurrency = values.full || values.plane !== undefined ? 1 : 2;
const args = ["--test", `--test-concurrency=${concurrency}`, ...files];
const child = spawn(process.execPath, args, { stdio: "inherit" });
child.on("close", (code) => {
  process.exitCode = code ?? 1;
});
