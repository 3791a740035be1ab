import type { MonoMs } from "../model.ts";

/** How many requests were learnt from, and how many of them failed. */
export type Counts = { readonly failures: number; readonly n: number };

export const noCounts: Counts = { failures: 0, n: 0 };

export const shareOf = ({ failures, n }: Counts): number => (n === 0 ? 0 : failures / n);

/**
 * Counts in a ring of buckets, each `bucketMs` long. A note is one addition; 8 bytes a bucket, and nothing grows. Ages
 * are in buckets: 0 is the one that now runs.
 */
export interface CountRing {
  note(isFailure: boolean, now: MonoMs): void;
  /** What the buckets of these ages hold together, both ends included. */
  sum(youngest: number, oldest: number, now: MonoMs): Counts;
  /** Empties the buckets from the one that now runs to this age. */
  forget(oldest: number, now: MonoMs): void;
}

export function makeCountRing(buckets: number, bucketMs: number): CountRing {
  const all = new Uint32Array(buckets);
  const failed = new Uint32Array(buckets);
  let newest = -1;

  /** Empties what the ring has outlived, and says where now stands in it. A clock that would step back stands still. */
  const turn = (now: MonoMs): number => {
    const bucket = Math.max(Math.floor(now / bucketMs), newest);
    for (let empty = Math.max(newest + 1, bucket - buckets + 1); empty <= bucket; empty += 1) {
      all[empty % buckets] = 0;
      failed[empty % buckets] = 0;
    }
    newest = bucket;
    return bucket;
  };

  return {
    note(isFailure, now) {
      const place = turn(now) % buckets;
      all[place] = (all[place] ?? 0) + 1;
      if (isFailure) failed[place] = (failed[place] ?? 0) + 1;
    },
    sum(youngest, oldest, now) {
      const bucket = turn(now);
      let [failures, n] = [0, 0];
      for (let age = youngest; age <= Math.min(oldest, bucket, buckets - 1); age += 1) {
        n += all[(bucket - age) % buckets] ?? 0;
        failures += failed[(bucket - age) % buckets] ?? 0;
      }
      return { failures, n };
    },
    forget(oldest, now) {
      const bucket = turn(now);
      for (let age = 0; age <= Math.min(oldest, bucket, buckets - 1); age += 1) {
        all[(bucket - age) % buckets] = 0;
        failed[(bucket - age) % buckets] = 0;
      }
    },
  };
}
