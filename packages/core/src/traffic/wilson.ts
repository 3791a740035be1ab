/** One-sided 99 %. */
const z99 = 2.326;

/**
 * The lowest rate that `failures` of `n` still allow: the lower end of Wilson's score interval, one-sided. Raising `z`
 * asks for more certainty and so gives a lower bound. Unlike the plain share it is careful with few requests (2 of 4 is
 * 13 %), and unlike the normal interval it is never below 0.
 *
 * ```
 *        p + z²/2n − z √( p(1−p)/n + z²/4n² )
 *        ────────────────────────────────────      p = failures / n
 *                     1 + z²/n
 * ```
 */
export function wilsonLower(failures: number, n: number, z: number = z99): number {
  if (failures <= 0 || n <= 0) return 0;
  const p = failures / n;
  const square = (z * z) / n;
  const spread = z * Math.sqrt((p * (1 - p)) / n + square / (4 * n));
  return Math.max(0, (p + square / 2 - spread) / (1 + square));
}
