/** Fewer samples than this can't bound a 95th percentile from above: 0.95^58 is still more than 5 %. */
export const samplesMin = 59;

/**
 * How many of `n` samples may lie above a limit by chance when the true 95th percentile is no higher: the 95 % quantile
 * of a binomial with 5 %. Each sample lies above its 95th percentile with 5 %, whatever the distribution, so nothing is
 * assumed of it.
 *
 * One more than this above the limit is the proof, at 95 %, that the 95th percentile exceeds it. It's the order
 * statistic of reference l7 §3.5 read from the other end: the `n - aboveMax(n)`-th smallest sample is the lower bound
 * of p95.
 */
export const aboveMax = (n: number): number => quantile(n, (chance) => chance >= 0.95);

/**
 * The `lowerRank(n)`-th smallest of `n` samples is a lower bound of p95, at 95 %: 59 → 53, 100 → 91, 200 → 185, 500 →
 * 467.
 */
export const lowerRank = (n: number): number => n - aboveMax(n);

/** The so-many-largest sample is an upper bound of p95, at 95 %; 0 where there are too few samples for one. */
export const upperFromTop = (n: number): number => quantile(n, (chance) => chance > 0.05);

/** The smallest count for which the chance of at most so many satisfies `isEnough`. */
function quantile(n: number, isEnough: (chance: number) => boolean): number {
  const [p, q] = [0.05, 0.95];
  // In logarithms, as 0.95^n is 0 in floating point from 14,000 on.
  let logTerm = n * Math.log(q);
  let chance = Math.exp(logTerm);
  let count = 0;
  while (count < n && !isEnough(chance)) {
    count += 1;
    logTerm += Math.log(((n - count + 1) * p) / (count * q));
    chance += Math.exp(logTerm);
  }
  return count;
}
