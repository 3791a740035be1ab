/**
 * The rate that so few events exclude: with `count` seen, a true mean above this would show as few or fewer only one time in
 * twenty. For none it is the well-known 3.0. Found by halving: the chance of `count` or fewer falls as the mean grows.
 */
export function poissonUpper95(count: number): number {
  let [low, high] = [count, count + 10 + 5 * Math.sqrt(count)];
  for (let turn = 0; turn < 60; turn += 1) {
    const middle = (low + high) / 2;
    if (chanceOfAtMost(count, middle) > 0.05) low = middle;
    else high = middle;
  }
  return high;
}

/** How likely `count` or more events are when `mean` are expected. */
export const chanceOfAtLeast = (count: number, mean: number): number =>
  count === 0 ? 1 : 1 - chanceOfAtMost(count - 1, mean);

function chanceOfAtMost(count: number, mean: number): number {
  if (mean === 0) return 1;
  let logTerm = -mean;
  let sum = Math.exp(logTerm);
  for (let events = 1; events <= count; events += 1) {
    logTerm += Math.log(mean / events);
    sum += Math.exp(logTerm);
  }
  return sum;
}
