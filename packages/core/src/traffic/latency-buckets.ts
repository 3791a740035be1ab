/**
 * Times are kept as counts in buckets that grow by 2 %, so a bucket's middle is within 1 % of what fell into it: 25 ms
 * at 2.5 s. Good enough to tell 400 ms from 600 ms up to 5 s, where the buckets of Prometheus histograms can't tell 2.5
 * s from 5 s.
 */
const growth = Math.log(1.02);
/** Up to 10 min. What takes longer falls into the last. */
export const bucketCount = Math.ceil(Math.log(600_000) / growth) + 1;

export const bucketOf = (ms: number): number =>
  ms <= 1 ? 0 : Math.min(bucketCount - 1, Math.ceil(Math.log(ms) / growth));

/** The middle of a bucket. Unit: milliseconds. */
export const msOf = (bucket: number): number => Math.exp((bucket - 0.5) * growth);

/**
 * Prompts are compared with their like: a long one takes longer to read. A gateway doesn't count tokens, so the
 * request's bytes stand in for them, four to a token, for the borders 1k, 4k and 16k tokens of reference l7 §3.5.
 * Whether the prompt was cached it can't know; that blurs a stratum's usual time and doesn't bias it, while the share
 * of cached prompts stays as it is.
 */
const strataBytesMax = [4_096, 16_384, 65_536, Infinity] as const;
export const strataCount = strataBytesMax.length;

export function stratumOf(requestBytes: number): number {
  let stratum = 0;
  while (stratum < strataCount - 1 && requestBytes > (strataBytesMax[stratum] ?? Infinity)) stratum += 1;
  return stratum;
}
/** All strata of one span, stratum by stratum. */
export const cellCount = strataCount * bucketCount;
export const cellOf = (stratum: number, bucket: number): number => stratum * bucketCount + bucket;

export type Cells = { readonly [cell: number]: number };

export function countIn(cells: Cells, stratum: number): number {
  let count = 0;
  for (let bucket = 0; bucket < bucketCount; bucket += 1) count += cells[cellOf(stratum, bucket)] ?? 0;
  return count;
}

/** How many of a stratum took longer than this. */
export function countAbove(cells: Cells, stratum: number, ms: number): number {
  let count = 0;
  for (let bucket = bucketCount - 1; bucket >= 0 && msOf(bucket) > ms; bucket -= 1)
    count += cells[cellOf(stratum, bucket)] ?? 0;
  return count;
}

/** The time that just so many of a stratum reached, counted from the longest. Unit: milliseconds. */
export function fromTop(cells: Cells, stratum: number, count: number): number {
  let seen = 0;
  for (let bucket = bucketCount - 1; bucket > 0; bucket -= 1) {
    seen += cells[cellOf(stratum, bucket)] ?? 0;
    if (seen >= count) return msOf(bucket);
  }
  return msOf(0);
}
