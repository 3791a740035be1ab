import type { Opinion } from "./model.ts";
import { majority } from "./quorum.ts";
import type { Tally } from "./tally.ts";
import type { Trip } from "./trip.ts";

/** What the quorum says of one target, and why. */
export type Verdict = {
  readonly kind: Opinion;
  readonly because:
    | "majority"
    /** Only the site's own agent sees trouble: an alarm that moves nothing. */
    | "inside-only"
    /** A single outsider is the whole electorate, and can't tell an outage from its own lost link: an alarm too. */
    | "one-vantage"
    | "failing-looks"
    /** Down, of a pool that nobody has found well yet: as far as anybody knows, its model is still loading. */
    | "warming"
    /** The site's own gateways send the pool's users elsewhere. */
    | "own-traffic"
    /** They did, and the site has said nothing of it since: an alarm that moves nothing. */
    | "own-traffic-unheard"
    | "too-few-fresh"
    /** Fresh enough, but no majority for anything: the verdict before holds. */
    | "split";
};

export const noVerdict: Verdict = { kind: "unknown", because: "too-few-fresh" };

/** A pool that loads its model for twenty minutes has not failed. It can serve nobody all the same, so it stays `down`. */
export const withWarming = (byLooks: Verdict, wasWell: boolean): Verdict =>
  byLooks.kind === "down" && !wasWell ? { kind: "down", because: "warming" } : byLooks;

/** The verdict in one word, for people. */
export const verdictWord = ({ kind, because }: Verdict): Opinion | "warming" =>
  because === "warming" ? "warming" : kind;

/** True of a `degraded` that is told and not acted upon. */
export const isAlarmOnly = (because: Verdict["because"]): boolean =>
  because === "inside-only" || because === "one-vantage" || because === "own-traffic-unheard";

/**
 * What looks say, on a tally, given the one before (hysteresis for split votes). `inside alone` means that the site's own agent
 * sees trouble and no outsider does. Of an electorate of one, an outsider's `down` or `degraded` is `one-vantage` instead.
 *
 *   down ≥ majority, one of them outside    down       majority
 *   fresh < majority                        unknown    too-few-fresh
 *   healthy ≥ majority, inside says down    degraded   inside-only
 *   healthy ≥ majority                      healthy    majority
 *   inside alone, and not down before       degraded   inside-only
 *   degraded + down ≥ majority, one of them
 *     degraded                              degraded   failing-looks
 *   else                                    as before  split, or the alarm that stood
 */
export function verdict(tally: Tally, before: Verdict): Verdict {
  const needed = majority(tally.electorate);
  const outsiders = tally.downOutside + tally.degradedOutside;
  if (tally.electorate === 1 && outsiders === 1) return { kind: "degraded", because: "one-vantage" };
  if (tally.down >= needed && tally.downOutside >= 1) return { kind: "down", because: "majority" };
  if (tally.electorate - tally.unknown < needed) return noVerdict;
  const isInsideDown = tally.down > tally.downOutside;
  const isInsideAlone = outsiders === 0 && tally.down + tally.degraded === 1;
  if (tally.healthy >= needed) {
    return isInsideAlone && isInsideDown
      ? { kind: "degraded", because: "inside-only" }
      : { kind: "healthy", because: "majority" };
  }
  if (isInsideAlone && before.kind !== "down") return { kind: "degraded", because: "inside-only" };
  if (tally.degraded >= 1 && tally.degraded + tally.down >= needed)
    return { kind: "degraded", because: "failing-looks" };
  return before.kind === "degraded" && isAlarmOnly(before.because) ? before : { kind: before.kind, because: "split" };
}

/**
 * The verdict, given what looks say and the pool's own trip. A site's testimony against itself only ever makes a healthy target
 * degraded. It can't mask a `down`, nor make an unproven target look surer than it is, for `degraded` ranks above `unknown`.
 * And it needs no outside vote, but to move anything takes one who says it now: a trip that is unheard is no recovery, and no
 * reason to move either.
 *
 *   by looks                     own trip        verdict
 *   down, unknown                any             as by looks
 *   healthy, degraded            said            degraded   own-traffic
 *   degraded that moves          unheard         as by looks
 *   healthy, alarm               unheard         degraded   own-traffic-unheard
 *   any                          over, none      as by looks
 */
export function withOwnTraffic(byLooks: Verdict, trip: Trip | undefined): Verdict {
  if (byLooks.kind === "down" || byLooks.kind === "unknown") return byLooks;
  const standing = trip?.standing;
  switch (standing) {
    case "said":
      return { kind: "degraded", because: "own-traffic" };
    case "unheard":
      return byLooks.kind === "degraded" && !isAlarmOnly(byLooks.because)
        ? byLooks
        : { kind: "degraded", because: "own-traffic-unheard" };
    case "over":
    case undefined:
      return byLooks;
    default:
      return standing satisfies never;
  }
}
