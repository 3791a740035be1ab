import type { UsualLatency } from "./latency.ts";
import { bucketCount, cellCount, cellOf, countAbove, fromTop, strataCount } from "./latency-buckets.ts";
import { upperFromTop } from "./order-statistic.ts";

/** The past of one pool's times to first byte. */
export interface LatencyBaseline extends UsualLatency {
  /** Takes in a slot of 10 s. */
  fold(slot: Uint16Array): void;
}

/** How much a slot of 10 s still weighs when the next one comes: half after 30 min. */
const keep = 2 ** (-10 / 1_800);
/**
 * The weight, in samples, below which a tail is a guess: with 100, long tails at one request a second tripped within
 * the first ten minutes in one simulated day of twenty.
 */
const weightMin = 300;

/**
 * Not an average of percentiles, which would be one of noise where samples are few, but the percentile of an average:
 * the counts themselves fade with a half-life of 30 min. Only slots with samples make a stratum fade, so a quiet night
 * forgets nothing. While they are few the doubt favours the pool: it is the upper bound of that percentile. 11 KiB a
 * pool.
 */
export function makeLatencyBaseline(): LatencyBaseline {
  const cells = new Float32Array(cellCount);
  const weights = new Float64Array(strataCount);
  const p95s: (number | undefined)[] = Array.from({ length: strataCount }, () => undefined);

  const foldStratum = (slot: Uint16Array, stratum: number): void => {
    let weight = 0;
    for (let bucket = 0; bucket < bucketCount; bucket += 1) {
      const cell = cellOf(stratum, bucket);
      const value = (cells[cell] ?? 0) * keep + (slot[cell] ?? 0);
      cells[cell] = value;
      weight += value;
    }
    weights[stratum] = weight;
    p95s[stratum] = weight < weightMin ? undefined : fromTop(cells, stratum, upperFromTop(Math.floor(weight)));
  };

  return {
    fold(slot) {
      for (let stratum = 0; stratum < strataCount; stratum += 1) {
        if (hasAny(slot, stratum)) foldStratum(slot, stratum);
      }
    },
    p95Ms: (stratum) => p95s[stratum],
    shareOver: (stratum, ms) => countAbove(cells, stratum, ms) / Math.max(1, weights[stratum] ?? 1),
  };
}

function hasAny(slot: Uint16Array, stratum: number): boolean {
  for (let bucket = 0; bucket < bucketCount; bucket += 1) if ((slot[cellOf(stratum, bucket)] ?? 0) > 0) return true;
  return false;
}
