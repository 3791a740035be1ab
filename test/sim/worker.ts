import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import type { Findings } from "./checks/tallies.ts";
import { type Mutant, plant } from "./mutants/mutant.ts";
import type { Simulated } from "./simulate.ts";

/** A thread that works off seeds, with or without a planted bug. */
export type Task = { readonly from: number; readonly to: number };
export type Outcome = {
  readonly seeds: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly findings: Findings;
  readonly failed: readonly Failure[];
};
export type Failure = { readonly seed: number; readonly id: string; readonly sentence: string };

const port = parentPort;
const { mutant } = workerData as { readonly mutant?: Mutant };
if (mutant) plantFor(mutant);
// Imported only now, so that the planted bug is in what is loaded.
const { simulate } = (await import("./simulate.ts")) as {
  readonly simulate: (seed: number) => Promise<Simulated>;
};
port?.on("message", (task: Task) => void work(task).then((outcome) => port.postMessage(outcome)));

async function work({ from, to }: Task): Promise<Outcome> {
  const findings: Findings = { exercised: {}, sometimes: {}, violations: [] };
  const failed: Failure[] = [];
  let [events, virtualMs] = [0, 0];
  for (let seed = from; seed < to; seed += 1) {
    const done = await simulate(seed);
    events += done.events;
    virtualMs += done.virtualMs;
    add(findings.exercised, done.findings.exercised);
    add(findings.sometimes, done.findings.sometimes);
    const [first] = done.findings.violations;
    if (first) failed.push({ seed, id: first.id, sentence: first.sentence });
    if (first && mutant) return { seeds: seed - from + 1, events, virtualMs, findings, failed };
  }
  return { seeds: to - from, events, virtualMs, findings, failed };
}

function add(to: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [key, count] of Object.entries(more)) to[key] = (to[key] ?? 0) + count;
}

function plantFor(bug: Mutant): void {
  const target = pathToFileURL(join(import.meta.dirname, "../..", bug.file)).href;
  const source = plant(bug, readFileSync(new URL(target), "utf8"));
  let isPlanted = false;
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (url !== target) return loaded;
      isPlanted = true;
      return { ...loaded, source };
    },
  });
  process.once("exit", () => {
    if (!isPlanted) throw new Error(`${bug.name}: ${bug.file} was never loaded`);
  });
}
