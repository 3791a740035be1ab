import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { stopSignal } from "@sluice/runtime";
import { spreadOf } from "./spread.ts";
import { formatTable } from "./table.ts";
import { type Fault, faults, openGround } from "./takeover/ground.ts";
import { playRound, type Round } from "./takeover/round.ts";

const usage = `pnpm bench takeover [--rounds 30] [--fault ${faults.join("|")}] [--short]
  Kills or pauses the leader of three arbiters, or silences its own path to the database, in the middle of a change; times the
  successor's first write that the store took, and watches that the old one writes nothing more once it is back.
  --short: one round of each. Exit 1 when a round took longer than 13 s, or when anything was wrong.`;

/** Worst case: the lease runs out, the slowest rank waits for its turn, and the world is loaded. */
const aimMs = 13_000;

export async function bench(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) {
    console.error(usage);
    return 2;
  }
  const signal = stopSignal();
  const rounds: Round[] = [];
  const failures: string[] = [];
  const directory = await mkdtemp(join(tmpdir(), "sluice-bench-"));
  try {
    await chmod(directory, 0o755);
    await using ground = await openGround({ directory, say: console.error, signal });
    for (const fault of options.faults) {
      for (let number = 1; number <= options.rounds && !signal.aborted; number += 1) {
        const round = await playRound(ground, fault, signal).catch((error: Error) => error);
        if (round instanceof Error) failures.push(`${fault}, round ${number}: ${round.message}`);
        else rounds.push(round);
        console.error(`${fault}, round ${number}: ${round instanceof Error ? round.message : say(round)}`);
      }
    }
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
  console.log(
    formatTable(
      heading,
      options.faults.map((fault) => cells(fault, rounds)),
    ),
  );
  for (const failure of failures) console.log(failure);
  const isMet = rounds.every(({ writeMs, wrong }) => writeMs <= aimMs && wrong.length === 0);
  return signal.aborted || failures.length > 0 || !isMet ? 1 : 0;
}

function readOptions(
  args: readonly string[],
): { readonly rounds: number; readonly faults: readonly Fault[] } | undefined {
  const options = { rounds: { type: "string" }, fault: { type: "string" }, short: { type: "boolean" } } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    const rounds = Number(values.rounds ?? (values.short ? 1 : 30));
    const chosen = faults.filter((fault) => values.fault === undefined || fault === values.fault);
    return Number.isInteger(rounds) && rounds >= 1 && chosen.length > 0 ? { rounds, faults: chosen } : undefined;
  } catch {
    return undefined;
  }
}

const say = ({ from, to, writeMs, servedMs, change, wrong }: Round): string =>
  [
    `${from} to ${to}, ${seconds(writeMs)} s, served everywhere at ${seconds(servedMs)} s, change ${change}`,
    ...wrong,
  ].join("; WRONG: ");

const heading = [
  "the leader's",
  "rounds",
  "min s",
  "median s",
  "p99 s",
  "max s",
  "served everywhere, max s",
  "change told / in / not in",
  "wrong",
  "aim ≤ 13 s",
];

function cells(fault: Fault, all: readonly Round[]): string[] {
  const rounds = all.filter((round) => round.fault === fault);
  const spread = spreadOf(rounds.map(({ writeMs }) => writeMs));
  const served = Math.max(...rounds.map(({ servedMs }) => servedMs));
  if (!spread) return [fault, "0", ...Array.from({ length: heading.length - 2 }, () => "–")];
  const wrong = rounds.reduce((sum, round) => sum + round.wrong.length, 0);
  const changes = ["told", "in", "not in"]
    .map((kind) => rounds.filter(({ change }) => change === kind).length)
    .join(" / ");
  const figures = [spread.min, spread.median, spread.p99, spread.max, served].map(seconds);
  return [fault, String(rounds.length), ...figures, changes, String(wrong), spread.max <= aimMs ? "met" : "missed"];
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(2);
