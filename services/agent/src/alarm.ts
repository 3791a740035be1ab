import type { Clock } from "@sluice/ports";

/** Rings no sooner than this after the last ring, so that a thousand targets are gone through 200 times a second, not a thousand. */
const apartMs = 5;

/** One timer for many that wait: it rings at the earliest time asked for, says for when it was set, and asking is cheap. */
export interface Alarm {
  /** Ring at this monotonic time or a little later; a time that is already covered changes nothing. */
  by(at: number): void;
  stop(): void;
}

export function makeAlarm(clock: Clock, ring: (dueAt: number) => void): Alarm {
  let timer: NodeJS.Timeout | undefined;
  let setFor = Number.POSITIVE_INFINITY;
  let rangAt = Number.NEGATIVE_INFINITY;
  let isStopped = false;

  function fire(dueAt: number): void {
    setFor = Number.POSITIVE_INFINITY;
    rangAt = clock.monotonicMs();
    ring(dueAt);
  }

  return {
    by(at) {
      if (isStopped || at >= setFor) return;
      setFor = at;
      clearTimeout(timer);
      const now = clock.monotonicMs();
      const dueAt = Math.max(at, rangAt + apartMs, now);
      timer = setTimeout(fire, dueAt - now, dueAt);
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
