import { type Counts, shareOf } from "./count-ring.ts";
import { percent } from "./percent.ts";
import { wilsonLower } from "./wilson.ts";

/** What is judged by: the last 10 s, the last 60 s, the 30 min before those, and how many failed in a row until now. */
export type FailureFacts = {
  readonly fast: Counts;
  readonly slow: Counts;
  readonly baseline: Counts;
  readonly failuresInRow: number;
};

/** One look at the numbers. `trip`: a rule is met. `suspect`: near it, and nothing changes yet. */
export type Judgement = {
  readonly kind: "fine" | "insufficient-data" | "suspect" | "trip";
  readonly because: string;
};

/** Below so many requests shares mean nothing. */
const requestsMin = 20;
const failuresMin = 3;
const fastShare = 0.05;
const slowShare = 0.02;
export const inRowMax = 10;
const inRowSuspect = 5;
const baselineFactor = 3;
/** A pool that fails half of its requests is broken, however used to it everybody is. */
const baselineLimitMax = 0.5;
/** The slow path compares with a past, so there must be one. */
const baselineRequestsMin = 100;
/**
 * How sure we must be that a share exceeds what the past explains, in standard deviations. The question is asked every
 * second for years, so the certainty of one look (2.326) isn't enough. Simulated with steady failures at 2 requests a
 * second, the plain share over three times the usual tripped twice a day at 1 % and 59 times at 3 %, the slow path
 * another nine times; at 5 once in ten days and never. Against a spotless past the tables of the reference stay as they
 * are, and at 50 requests a second with 1 % usual it costs nothing: 37 failures of 500 are needed either way.
 */
export const baselineZ = 5;

/**
 * Whether a pool fails more than it may (reference l7 §3.4). Three ways to trip, from the quickest to the most patient:
 *
 * - ten failures in a row;
 * - in 10 s: 20 requests, 3 failures, and certainly more than 5 %;
 * - in 60 s: the same with 2 %, for the slow burn.
 *
 * The last two hold only against the past as well: certainly more than three times the share of the last 30 min.
 * Without that the slow path would call a pool broken that fails 3 % where 1 % is usual: of 3,000 requests that is
 * certainly more than 2 %.
 */
export function judgeFailures(facts: FailureFacts): Judgement {
  const { fast, slow, baseline, failuresInRow } = facts;
  if (failuresInRow >= inRowMax) return { kind: "trip", because: `${failuresInRow} requests failed in a row` };
  if (isMet(fast, fastShare, baseline)) return { kind: "trip", because: sentence(fast, "10 s", baseline) };
  if (baseline.n >= baselineRequestsMin && isMet(slow, slowShare, baseline)) {
    return { kind: "trip", because: sentence(slow, "60 s", baseline) };
  }
  if (failuresInRow >= inRowSuspect) {
    return { kind: "suspect", because: `${failuresInRow} requests failed in a row, ${inRowMax} are needed` };
  }
  if (isNear(fast, baseline)) return { kind: "suspect", because: sentence(fast, "10 s", baseline) };
  if (slow.n < requestsMin) {
    return {
      kind: "insufficient-data",
      because: `${failed(slow)} in 60 s, at least ${requestsMin} are needed to judge`,
    };
  }
  return { kind: "fine", because: `${failed(slow)} in 60 s` };
}

function isMet(counts: Counts, share: number, baseline: Counts): boolean {
  if (counts.n < requestsMin || counts.failures < failuresMin) return false;
  const { failures, n } = counts;
  return wilsonLower(failures, n) > share && wilsonLower(failures, n, baselineZ) > limitBy(baseline);
}

function isNear({ failures, n }: Counts, baseline: Counts): boolean {
  return (
    n >= requestsMin && failures >= failuresMin && wilsonLower(failures, n) > Math.max(slowShare, limitBy(baseline))
  );
}

const limitBy = (baseline: Counts): number => Math.min(baselineLimitMax, baselineFactor * shareOf(baseline));

/**
 * What a pool shows while it gets its users back. Here the doubt goes the other way: it failed minutes ago, so there's
 * no minimum volume, and 3 of 3 are enough. `clean` is the way out: under 1 %, or under twice what was usual before, so
 * that a pool that always failed 2 % of its requests may come back at all.
 */
export function judgeRecovery(counts: Counts, baseline: Counts): "trip" | "dirty" | "clean" {
  const { failures, n } = counts;
  const isBad = failures >= failuresMin && wilsonLower(failures, n) > Math.max(fastShare, limitBy(baseline));
  if (isBad) return "trip";
  const share = shareOf(counts);
  return share > 0 && share >= Math.max(exitShare, exitFactor * shareOf(baseline)) ? "dirty" : "clean";
}

const exitShare = 0.01;
const exitFactor = 2;

export const failed = ({ failures, n }: Counts): string => `${failures} of ${n} requests failed`;

const sentence = (counts: Counts, span: string, baseline: Counts): string =>
  `${failed(counts)} in ${span}, certainly over ${percent(wilsonLower(counts.failures, counts.n))}; ${usual(baseline)}`;

const usual = (baseline: Counts): string =>
  baseline.n === 0 ? "there is no past to compare with" : `usual are ${percent(shareOf(baseline))}`;
