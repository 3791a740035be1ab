import { epochMs, monoMs } from "@sluice/core";
import type { Clock } from "@sluice/ports";

/** Time that stands still until it is told to go on. */
export interface VirtualClock extends Clock {
  /** Both clocks go on. Unit: milliseconds, not negative. */
  advance(ms: number): void;
  /** The wall clock jumps, either way, as when NTP sets it. The monotonic one does not notice. */
  stepWall(ms: number): void;
}

/** Starts at a fixed date, so that two runs of one seed are alike. Unit: milliseconds. */
export function makeVirtualClock(startMs = 1_790_000_000_000): VirtualClock {
  let wall = startMs;
  let mono = 0;
  return {
    monotonicMs: () => monoMs(mono),
    wallMs: () => epochMs(wall),
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError(`a clock cannot advance by ${ms} ms`);
      wall += ms;
      mono += ms;
    },
    stepWall(ms) {
      wall += ms;
    },
  };
}
