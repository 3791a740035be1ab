import type { Clock } from "@sluice/ports";

const everyMs = 100;
/** A prober that was kept from running for this long sees time-outs everywhere. Unit: milliseconds. */
export const stallMaxMs = 200;

/** Notices when the event loop, or the whole process, stood still, by monotonic time between beats; resolves when aborted. */
export function watchStalls(clock: Clock, signal: AbortSignal, onStall: (stalledMs: number) => void): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  let lastAt = clock.monotonicMs();
  const timer = setInterval(() => {
    const now = clock.monotonicMs();
    const lateMs = now - lastAt - everyMs;
    lastAt = now;
    if (lateMs > stallMaxMs) onStall(lateMs);
  }, everyMs);
  return new Promise((settle) => {
    const end = (): void => {
      clearInterval(timer);
      settle();
    };
    signal.addEventListener("abort", end, { once: true });
  });
}
