import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Config } from "@sluice/core";
import type { Done, Task } from "./worker.ts";

/** Works the tasks off on every core, one at a time on each; the results come in no order. */
export async function workOff(config: Config, tasks: readonly Task[], onDone: (done: Done) => void): Promise<void> {
  const waiting = [...tasks];
  const hands = Math.min(availableParallelism(), waiting.length);
  const workers = Array.from(
    { length: hands },
    () => new Worker(new URL("./worker.ts", import.meta.url), { workerData: { config } }),
  );
  try {
    await Promise.all(workers.map((worker) => workThrough(worker, waiting, onDone)));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function workThrough(worker: Worker, waiting: Task[], onDone: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const task = waiting.shift();
      if (task === undefined) resolve();
      else worker.postMessage(task);
    };
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new Error(`a worker ended with code ${code}`)));
    worker.on("message", (done: Done) => {
      onDone(done);
      next();
    });
    next();
  });
}
