import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { LabRecord } from "@sluice/lab";
import { sleep, stopSignal } from "@sluice/runtime";
import { drawNet } from "../scenarios/world/net.ts";
import { writeBenchConfig } from "./ground/bench-config.ts";
import { startLab } from "./rest/lab-process.ts";
import { processTree } from "./rest/processes.ts";
import { type RoleOf, type Usage, usageByRole } from "./rest/usage.ts";
import { formatTable } from "./table.ts";

const usage = `pnpm bench rest [--seconds 60]
  What the lab uses while nothing happens: processor time of every process, as a share of one core, and resident memory.
  Exit 1 when an aim is missed.`;

const megabyte = 1_000_000;
/** All processes together, as a share of one core. */
const cpuMax = 0.1;
/** The biggest process of the role. Unit: bytes. */
const residentMax: Readonly<Record<string, number>> = {
  agent: 100 * megabyte,
  nameserver: 100 * megabyte,
  arbiter: 150 * megabyte,
};
/** After the start, until caches are written and garbage of the start is gone. */
const settleMs = 15_000;
const startTimeoutMs = 60_000;

/** Starts a lab twice, so that the second finds its sources compiled as any but the first start does, and measures that one. */
export async function bench(args: readonly string[]): Promise<number> {
  const seconds = readSeconds(args);
  if (seconds === undefined) {
    console.error(usage);
    return 2;
  }
  const signal = stopSignal();
  const patience = { timeoutMs: startTimeoutMs, signal };
  const root = await mkdtemp(join(tmpdir(), "sluice-bench-"));
  try {
    // Started by root, Postgres runs as somebody else, who must be able to pass.
    await chmod(root, 0o755);
    const [directory, configFile] = [join(root, "lab"), join(root, "bench.yaml")];
    await writeBenchConfig(configFile, await drawNet());
    {
      await using _cold = await startLab(directory, configFile, patience);
      await sleep(settleMs, signal);
    }
    await using lab = await startLab(directory, configFile, patience);
    await sleep(settleMs, signal);
    const startedAt = performance.now();
    const before = await processTree(lab.pid);
    await sleep(seconds * 1_000, signal);
    const looks = { before, after: await processTree(lab.pid), ms: performance.now() - startedAt };
    if (signal.aborted) return 1;
    return report(usageByRole(looks, rolesOf(lab.record, lab.pid)));
  } finally {
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  }
}

function readSeconds(args: readonly string[]): number | undefined {
  try {
    const { values } = parseArgs({ args: [...args], options: { seconds: { type: "string", default: "60" } } });
    return Number(values.seconds) > 0 ? Number(values.seconds) : undefined;
  } catch {
    return undefined;
  }
}

/** What the lab has not written down as a part, and isn't its supervisor, is Postgres. */
function rolesOf(record: LabRecord, supervisor: number): RoleOf {
  const parts = new Map(record.parts.map(({ pid, role }) => [pid, role]));
  return (pid) => (pid === supervisor ? "supervisor" : (parts.get(pid) ?? "postgres"));
}

function report(roles: readonly Usage[]): number {
  const cpu = roles.reduce((sum, role) => sum + role.cpu, 0);
  const rows = roles.map((role) => [
    role.role,
    String(role.processes),
    percent(role.cpu),
    ...[role.residentMax, role.residentSum].map(megabytes),
    role.role in residentMax ? `< ${megabytes(residentMax[role.role] ?? 0)}` : "–",
    role.role in residentMax ? verdict(role.residentMax < (residentMax[role.role] ?? 0)) : "–",
  ]);
  const resident = roles.reduce((sum, role) => sum + role.residentSum, 0);
  const processes = roles.reduce((sum, role) => sum + role.processes, 0);
  rows.push(["in all", String(processes), percent(cpu), "–", megabytes(resident), "–", "–"]);
  console.log(formatTable(heading, rows));
  console.log(`processor in all: ${percent(cpu)} of one core, aim below ${percent(cpuMax)}: ${verdict(cpu < cpuMax)}`);
  return cpu < cpuMax && roles.every((role) => role.residentMax < (residentMax[role.role] ?? Infinity)) ? 0 : 1;
}

const heading = ["role", "processes", "processor", "biggest MB", "together MB", "aim MB", "verdict"];
const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
const megabytes = (bytes: number): string => (bytes / megabyte).toFixed(0);
const verdict = (isMet: boolean): string => (isMet ? "met" : "missed");
