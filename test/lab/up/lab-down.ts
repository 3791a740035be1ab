import { SluiceError } from "@sluice/core";
import { sleep } from "@sluice/runtime";
import { type Layout, layoutOf } from "./layout.ts";
import { takeLock } from "./lock.ts";
import { isAlive, type ProcessId, signalProcess } from "./process-table.ts";
import { readRecord, sweep } from "./record.ts";

/** Longer than a lab takes to end on a slow machine: 4 s for its processes, 20 s for its database. */
const downTimeoutMs = 45_000;
const lookEveryMs = 50;

/** Ends the lab in `root` from another shell, also one that still starts, and waits until its last process is gone. */
export async function labDown(root: string, signal: AbortSignal): Promise<void> {
  const layout = layoutOf(root);
  if (!(await readRecord(layout))) throw noLab(layout);
  const until = performance.now() + downTimeoutMs;
  const asked = new Map<number, ProcessId>();
  // The supervisor lets go of the lock a moment before it is gone itself.
  while (!(await sweepAlone(layout)) || [...asked.values()].some(isAlive)) {
    signal.throwIfAborted();
    const supervisor = (await readRecord(layout))?.supervisor;
    if (performance.now() > until) throw late(supervisor?.pid);
    // Whoever holds the lock without a record of its own yet is asked when it has one.
    if (supervisor && isAlive(supervisor) && !asked.has(supervisor.pid)) {
      signalProcess(supervisor.pid, "SIGTERM");
      asked.set(supervisor.pid, supervisor);
    }
    await sleep(lookEveryMs, signal);
  }
}

/** Cleans up what a killed lab left; false while somebody has the lab in hand. */
async function sweepAlone(layout: Layout): Promise<boolean> {
  const lock = takeLock(layout);
  if (!lock) return false;
  try {
    await sweep(layout);
    return true;
  } finally {
    lock.release();
  }
}

export const noLab = (layout: Layout): SluiceError =>
  new SluiceError("LAB_DOWN", `no lab is running in ${layout.root}`, {
    hint: "Start one with `pnpm start`, or name another with --dir.",
  });

function late(pid: number | undefined): SluiceError {
  const hint = pid === undefined ? "Try again." : `Kill process ${pid} and start again: the next start cleans up.`;
  return new SluiceError("TIMEOUT", `the lab did not end within ${downTimeoutMs / 1000} s`, { hint });
}
