import type { Clock } from "@sluice/ports";

/** Rings no sooner than this after the last ring, so that a thousand targets are gone through 200 times a second, not a thousand. */
const apartMs = 5;

/** One timer for many that wait: it rings at the earliest time asked for, and asking is cheap. */
export interface Alarm {
  /** Ring at this monotonic time or a little later; a time that is already covered changes nothing. */
  by(at: number): void;
  stop(): void;
}

export function makeAlarm(clock: Clock, ring: () => void): Alarm {
  let timer: NodeJS.Timeout | undefined;
  let setFor = Number.POSITIVE_INFINITY;
  let rangAt = Number.NEGATIVE_INFINITY;
  let isStopped = false;

  function fire(): void {
    setFor = Number.POSITIVE_INFINITY;
    rangAt = clock.monotonicMs();
    ring();
  }

  return {
    by(at) {
      if (isStopped || at >= setFor) return;
      setFor = at;
      clearTimeout(timer);
      timer = setTimeout(fire, Math.max(0, Math.max(at, rangAt + apartMs) - clock.monotonicMs()));
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
