import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeError, stopSignal } from "@sluice/runtime";
import { formatTable } from "../bench/table.ts";
import { drawNet } from "../scenarios/world/net.ts";
import { openInstallation } from "./ground/installation.ts";
import { writeSmallConfig } from "./ground/small-config.ts";
import { type NodeRow, playStatic } from "./static/play-static.ts";

const usage = `pnpm static-stability [--minutes 60] [--short]
  First a week without arbiters, agents and database in virtual time, through restarts of the nodes' own logic from disk: 15 s.
  Then real processes: kills every arbiter and the database, keeps them dead, kills and starts each nameserver and gateway three times
  meanwhile, and compares everything they answer with what they answered before. Then brings arbiters and database back.
  --short: 20 s. Exit 1 when an answer changed.`;

async function main(args: readonly string[]): Promise<number> {
  const minutes = readMinutes(args);
  if (minutes === undefined) {
    console.error(usage);
    return 2;
  }
  const week = join(import.meta.dirname, "static/week.ts");
  const { status } = spawnSync(process.execPath, ["--test", week], { stdio: "inherit" });
  if (status !== 0) return 1;
  const signal = stopSignal();
  const root = await mkdtemp(join(tmpdir(), "sluice-static-"));
  try {
    // Started by root, Postgres runs as somebody else, who must be able to pass.
    await chmod(root, 0o755);
    const configFile = join(root, "static.yaml");
    await writeSmallConfig(configFile, await drawNet(), { channels: ["stable", "canary"] });
    await using installation = await openInstallation({
      root: join(root, "lab"),
      configFile,
      onLoss: console.error,
      signal,
    });
    const { rows, deadMs } = await playStatic(installation, { forMs: minutes * 60_000, say: console.error, signal });
    console.log(`arbiters and database dead for ${(deadMs / 60_000).toFixed(1)} min`);
    console.log(formatTable(heading, rows.map(cells)));
    return signal.aborted || rows.some((row) => !isSteady(row)) ? 1 : 0;
  } finally {
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  }
}

function readMinutes(args: readonly string[]): number | undefined {
  const options = { minutes: { type: "string" }, short: { type: "boolean" } } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    const minutes = Number(values.minutes ?? (values.short ? 1 / 3 : 60));
    return minutes > 0 ? minutes : undefined;
  } catch {
    return undefined;
  }
}

const isSteady = ({ other, silent, isSameAfter }: NodeRow): boolean => other === 0 && silent === 0 && isSameAfter;

const heading = [
  "node",
  "hash before",
  "comparisons",
  "other",
  "silent",
  "restarts",
  "slowest start s",
  "once all is back",
];

const cells = (row: NodeRow): string[] => [
  row.node,
  row.before.slice(0, 12),
  String(row.comparisons),
  String(row.other),
  String(row.silent),
  String(row.startsMs.length),
  (Math.max(...row.startsMs) / 1_000).toFixed(1),
  row.isSameAfter ? "the same addresses" : "CHANGED",
];

process.exitCode = await main(process.argv.slice(2).filter((argument) => argument !== "--")).catch((error: unknown) => {
  console.error(describeError(error));
  return 1;
});
