import { baselineZ, type Judgement } from "./failure-rate.ts";
import { type Cells, countAbove, countIn, fromTop, strataCount } from "./latency-buckets.ts";
import { aboveMax, samplesMin, upperFromTop } from "./order-statistic.ts";
import { wilsonLower } from "./wilson.ts";

/** How long each stratum usually takes: the past of the same pool, or another pool's present. */
export interface UsualLatency {
  /** Undefined while too little is known; samples of the stratum then say nothing. Unit: milliseconds. */
  p95Ms(stratum: number): number | undefined;
  /** The share of requests that usually take longer than this, in [0, 0.05] for what is over p95. */
  shareOver(stratum: number, ms: number): number;
}

/** How many samples were judged, how many of them took longer than a limit, and how many usually would. */
export type Slowness = { readonly n: number; readonly above: number; readonly usuallyAbove: number };

/** A pool trips when its p95 is more than this over the usual. Unit: milliseconds. */
export const enterExcessMs = 500;
/** And gets its users back when it isn't shown to be more than this over it. Unit: milliseconds. */
export const exitExcessMs = 200;
/** So many evaluations in a row, 10 s apart. */
export const evaluationsMax = 3;

/**
 * Counts, over all strata, the samples of the minute that took longer than usual by `excessMs`. Each is measured
 * against its own stratum's usual p95, so a shift to longer prompts is no slowness, and few requests of each kind add
 * up to a verdict.
 */
export function slownessOver(cells: Cells, usual: UsualLatency, excessMs: number): Slowness {
  let [n, above, usuallyAbove] = [0, 0, 0];
  for (let stratum = 0; stratum < strataCount; stratum += 1) {
    const p95Ms = usual.p95Ms(stratum);
    if (p95Ms === undefined) continue;
    const count = countIn(cells, stratum);
    n += count;
    above += countAbove(cells, stratum, p95Ms + excessMs);
    usuallyAbove += count * usual.shareOver(stratum, p95Ms + excessMs);
  }
  return { n, above, usuallyAbove };
}

/**
 * True when the 95th percentile exceeds the limit, at 95 % (order-statistic.ts), and more samples lie above it than the
 * usual tail explains. The second half matters where few requests meet a long tail: with one a second and a p99 at
 * twice the p95, the first half alone tripped eight to seventeen times a day in simulation, with the second at most
 * once a week. Where hardly anything is usually over the limit, it changes nothing.
 */
export const isSlow = ({ n, above, usuallyAbove }: Slowness): boolean =>
  n >= samplesMin && above > aboveMax(n) && wilsonLower(above, n, baselineZ) > usuallyAbove / n;

/**
 * The usual, from another pool's present minute: a canary is compared with the default channel at the same site and
 * hour, which removes the load from the comparison. The doubt favours the canary: the upper bound of the other's p95.
 */
export const usualBeside = (window: Cells): UsualLatency => ({
  p95Ms(stratum) {
    const rank = upperFromTop(countIn(window, stratum));
    return rank === 0 ? undefined : fromTop(window, stratum, rank);
  },
  shareOver: (stratum, ms) => countAbove(window, stratum, ms) / Math.max(1, countIn(window, stratum)),
});

/** Against an absolute limit nothing is usual. */
const nothingUsual: UsualLatency = { p95Ms: () => 0, shareOver: () => 0 };

/** What an evaluation looks at: the last whole minute, and of it the last 10 s. */
export type Minute = { readonly window: Cells; readonly latest: Cells };

type Limits = { readonly usual: UsualLatency; readonly ttftMaxMs: number | undefined };

/** One evaluation. `badInRow` are those before it that were bad; the third bad one trips. */
export function judgeLatency(minute: Minute, { usual, ttftMaxMs }: Limits, badInRow: number): Judgement {
  const kind = badInRow + 1 >= evaluationsMax ? "trip" : "suspect";
  const excess = slownessOver(minute.window, usual, enterExcessMs);
  if (isSlow(excess) && isStill(slownessOver(minute.latest, usual, enterExcessMs))) {
    return { kind, because: sentence(excess, `${enterExcessMs} ms over the usual p95`) };
  }
  const absolute = ttftMaxMs === undefined ? noSlowness : slownessOver(minute.window, nothingUsual, ttftMaxMs);
  if (isSlow(absolute) && isStill(slownessOver(minute.latest, nothingUsual, ttftMaxMs ?? Infinity))) {
    return { kind, because: sentence(absolute, `${ttftMaxMs} ms`) };
  }
  const n = Math.max(excess.n, absolute.n);
  if (n < samplesMin) {
    const because = `only ${n} times to first byte to compare in 60 s, ${samplesMin} are needed`;
    return { kind: "insufficient-data", because };
  }
  return { kind: "fine", because: "time to first byte as usual" };
}

/**
 * The last 10 s are slow too. A stall of 10 s is a sixth of the minute's samples, so the minute alone would be slow for
 * six evaluations, and a pool would trip half a minute after it had recovered. So three evaluations mean three slow
 * slots.
 */
const isStill = ({ n, above }: Slowness): boolean => above > 0.05 * n;

const noSlowness: Slowness = { n: 0, above: 0, usuallyAbove: 0 };

const sentence = ({ n, above }: Slowness, limit: string): string =>
  `${above} of ${n} first bytes in 60 s took more than ${limit}, by chance ${aboveMax(n)} at most`;
