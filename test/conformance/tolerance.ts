import assert from "node:assert/strict";

/**
 * How far a share may be from what it should be, by chance alone: 4.5 standard deviations of a binomial, which a right plane
 * exceeds less than once in 100,000 looks. 10,000 requests at 5 % may be off by 0.98 percentage points.
 */
export const toleranceOf = (share: number, count: number): number =>
  4.5 * Math.sqrt((share * (1 - share)) / Math.max(1, count));

/** `counts` says how many of them went where; `shares` where they should have gone. A share of 0 gets nothing, exactly. */
export function assertShares(counts: ReadonlyMap<string, number>, shares: Readonly<Record<string, number>>): void {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const whole = Object.values(shares).reduce((sum, share) => sum + share, 0);
  const seen = [...counts].map(([name, count]) => `${name} ${count}`).join(", ");
  for (const name of counts.keys()) assert.ok(Object.hasOwn(shares, name), `${name} should have had nothing: ${seen}`);
  for (const [name, weight] of Object.entries(shares)) {
    const share = weight / whole;
    const observed = (counts.get(name) ?? 0) / total;
    const bound = toleranceOf(share, total);
    assert.ok(
      Math.abs(observed - share) <= bound,
      `${name} has ${percent(observed)} of ${total}, not ${percent(share)} ± ${percent(bound)}: ${seen}`,
    );
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

/** How often each name comes. */
export function countBy<T>(items: readonly T[], name: (item: T, index: number) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const named = name(item, index);
    counts.set(named, (counts.get(named) ?? 0) + 1);
  }
  return counts;
}

/** The value that `share` of them don't exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
