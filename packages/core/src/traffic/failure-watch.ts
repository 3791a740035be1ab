import type { MonoMs } from "../model.ts";
import { type Counts, makeCountRing, noCounts } from "./count-ring.ts";
import type { FailureFacts } from "./failure-rate.ts";

/** Counts how the requests of one pool end. 2 KiB a pool; a note is two additions. */
export interface FailureWatch {
  note(isFailure: boolean, now: MonoMs): void;
  readonly failuresInRow: number;
  facts(now: MonoMs): FailureFacts;
  /** What was learnt since a moment, of at most the last 60 s. */
  since(moment: MonoMs, now: MonoMs): Counts;
  /** What is usual. It stands still while the pool is `frozen`. */
  baseline(now: MonoMs): Counts;
  /** Forgets the last minute. The rest of the past stays. */
  restart(now: MonoMs): void;
  /**
   * From here on nothing is usual, until `thaw`: what is seen of a broken pool, and the minute that led there, is no
   * past to measure by. Otherwise a pool that was sent everything while it was broken, as there was no other, would be
   * held to be usually broken.
   */
  freeze(now: MonoMs): void;
  thaw(): void;
}

const fastSeconds = 10;
const slowSeconds = 60;
/** The last 60 s as whole buckets of 10 s, the running one with them; they don't count as past yet. */
const recentBuckets = 7;
const baselineBuckets = 180;
/** A row is no row when its failures lie a minute apart: of so few requests the synthetic looks know more. */
const rowGapMsMax = 60_000;

export function watchFailures(): FailureWatch {
  const seconds = makeCountRing(slowSeconds, 1_000);
  const past = makeCountRing(recentBuckets + baselineBuckets, 10_000);
  let failuresInRow = 0;
  let rowAt = -Infinity;
  let frozen: Counts | undefined;

  const baseline = (now: MonoMs): Counts => frozen ?? past.sum(recentBuckets, recentBuckets + baselineBuckets - 1, now);

  return {
    note(isFailure, now) {
      seconds.note(isFailure, now);
      if (frozen === undefined) past.note(isFailure, now);
      if (isFailure) {
        failuresInRow = now - rowAt > rowGapMsMax ? 1 : failuresInRow + 1;
        rowAt = now;
      } else failuresInRow = 0;
    },
    get failuresInRow() {
      return failuresInRow;
    },
    facts: (now) => ({
      fast: seconds.sum(0, fastSeconds - 1, now),
      slow: seconds.sum(0, slowSeconds - 1, now),
      baseline: baseline(now),
      failuresInRow: now - rowAt > rowGapMsMax ? 0 : failuresInRow,
    }),
    since(moment, now) {
      const age = Math.floor(now / 1_000) - Math.floor(moment / 1_000);
      return age < 0 ? noCounts : seconds.sum(0, Math.min(age, slowSeconds - 1), now);
    },
    baseline,
    restart(now) {
      seconds.forget(slowSeconds - 1, now);
      failuresInRow = 0;
    },
    freeze(now) {
      frozen ??= baseline(now);
      past.forget(recentBuckets - 1, now);
    },
    thaw() {
      frozen = undefined;
    },
  };
}
