import type { MonoMs } from "../model.ts";
import { bucketOf, cellCount, cellOf } from "./latency-buckets.ts";

const slotMs = 10_000;
const slotsInWindow = 6;
const slotCount = slotsInWindow + 1;
const cellMax = 65_535;

/**
 * The samples of the last whole minute: six slots of 10 s that are over, and the one that now runs, which doesn't count
 * yet.
 */
export interface LatencySlots {
  note(stratum: number, ms: number, now: MonoMs): void;
  /** Ends the slots whose time is over, and says which one runs. What leaves the minute is handed to `leave`. */
  turn(now: MonoMs): number;
  /** The minute's counts, cell by cell. */
  readonly window: Uint32Array;
  /** The counts of the slot that ended last. */
  latest(): Uint16Array;
  restart(): void;
}

/** Never written to. */
const none = new Uint16Array(cellCount);

/** About 48 KiB. A note is a logarithm and an addition; every 10 s a turn adds and subtracts 2,700 numbers. */
export function makeLatencySlots(leave: (slot: Uint16Array) => void): LatencySlots {
  const slots = Array.from({ length: slotCount }, () => new Uint16Array(cellCount));
  const window = new Uint32Array(cellCount);
  let running = -1;

  const slotAt = (slot: number): Uint16Array => slots[slot % slotCount] ?? none;

  const end = (slot: number): void => {
    const ended = slotAt(slot);
    const next = slotAt(slot + 1);
    for (let cell = 0; cell < cellCount; cell += 1) {
      window[cell] = (window[cell] ?? 0) + (ended[cell] ?? 0) - (next[cell] ?? 0);
    }
    // The ring's next place holds what began 60 s before the slot that has just ended.
    leave(next);
    next.fill(0);
  };

  const turn = (now: MonoMs): number => {
    const slot = Math.max(Math.floor(now / slotMs), running);
    if (running < 0) running = slot;
    // After a ring's length everything has left, and nothing can leave twice.
    for (let turns = 0; running < slot && turns < slotCount; turns += 1) {
      end(running);
      running += 1;
    }
    running = slot;
    return slot;
  };

  return {
    note(stratum, ms, now) {
      turn(now);
      const cell = cellOf(stratum, bucketOf(ms));
      const slot = slotAt(running);
      slot[cell] = Math.min(cellMax, (slot[cell] ?? 0) + 1);
    },
    turn,
    window,
    latest: () => (running > 0 ? slotAt(running - 1) : none),
    restart() {
      for (const slot of slots) slot.fill(0);
      window.fill(0);
    },
  };
}
