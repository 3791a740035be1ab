import type { Clock } from "@sluice/ports";
import { repeat } from "@sluice/runtime";

const everyMs = 50;
/** A prober that was kept from running for this long sees time-outs everywhere. Unit: milliseconds. */
const stallMaxMs = 200;

/** Notices when the event loop, or the whole process, stood still, by monotonic time between beats. */
export function watchStalls(clock: Clock, signal: AbortSignal, onStall: (stalledMs: number) => void): Promise<void> {
  let lastAt: number | undefined;
  return repeat({ everyMs, signal, onError: () => undefined }, async () => {
    const now = clock.monotonicMs();
    const lateMs = lastAt === undefined ? 0 : now - lastAt - everyMs;
    lastAt = now;
    if (lateMs > stallMaxMs) onStall(lateMs);
  });
}
