import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Mutant } from "./mutants/mutant.ts";
import type { Outcome, Task } from "./worker.ts";

export type Crewing = {
  readonly seeds: { readonly from: number; readonly to: number };
  readonly mutant?: Mutant;
  readonly hands?: number;
  /** What one thread has done; true: that is enough. */
  readonly onDone: (outcome: Outcome) => boolean;
};

const batchMax = 10;

/** Works seeds off on every core. They are given out in order, so that a search ends with about the lowest seed that fails. */
export async function workOff({ seeds, mutant, hands = availableParallelism(), onDone }: Crewing): Promise<void> {
  let next = seeds.from;
  let isEnough = false;
  const take = (): Task | undefined => {
    if (isEnough || next >= seeds.to) return undefined;
    const from = next;
    next = Math.min(seeds.to, from + batchMax);
    return { from, to: next };
  };
  const workers = Array.from(
    { length: Math.max(1, Math.min(hands, Math.ceil((seeds.to - seeds.from) / batchMax))) },
    () => new Worker(new URL("./worker.ts", import.meta.url), { workerData: mutant ? { mutant } : {} }),
  );
  const note = (outcome: Outcome): void => {
    if (onDone(outcome)) isEnough = true;
  };
  try {
    await Promise.all(workers.map((worker) => workThrough(worker, take, note)));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function workThrough(worker: Worker, take: () => Task | undefined, onDone: (outcome: Outcome) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const task = take();
      if (task === undefined) resolve();
      else worker.postMessage(task);
    };
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new Error(`a worker ended with code ${code}`)));
    worker.on("message", (outcome: Outcome) => {
      onDone(outcome);
      next();
    });
    next();
  });
}
