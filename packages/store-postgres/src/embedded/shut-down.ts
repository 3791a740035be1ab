import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "@sluice/core";

/** Fast shutdown ends sessions and writes everything; immediate is a crash that the next start recovers from. */
const ways = [
  { signal: "SIGINT", waitMs: 10_000 },
  { signal: "SIGQUIT", waitMs: 10_000 },
] as const;
const lookEveryMs = 10;

/** Ends a Postgres server and waits until it is gone. */
export async function shutDown(pid: number, isRunning: () => Promise<boolean>): Promise<void> {
  for (const { signal, waitMs } of ways) {
    if (!(await isRunning())) return;
    send(pid, signal);
    const until = performance.now() + waitMs;
    while (performance.now() < until) {
      if (!(await isRunning())) return;
      await sleep(lookEveryMs);
    }
  }
  throw new SluiceError("STORE_UNAVAILABLE", `Postgres (process ${pid}) does not stop`, {
    hint: `See what holds it (a full or hung disk?), or end it: kill -QUIT ${pid}.`,
  });
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Gone between the look and the signal is what we wanted.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
