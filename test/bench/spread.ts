/** How a measurement spreads, in the unit it was taken in. */
export type Spread = { readonly min: number; readonly median: number; readonly p99: number; readonly max: number };

/** By nearest rank, so that each figure was really measured: of fewer than 100 the p99 is the slowest. */
export function spreadOf(measured: readonly number[]): Spread | undefined {
  const sorted = measured.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return sorted.length === 0 ? undefined : { min: at(0), median: at(0.5), p99: at(0.99), max: at(1) };
}
