import type { Opinion } from "./model.ts";
import { majority } from "./quorum.ts";
import type { Tally } from "./tally.ts";

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
    | "too-few-fresh"
    /** Fresh enough, but no majority for anything: the verdict before holds. */
    | "split";
};

export const noVerdict: Verdict = { kind: "unknown", because: "too-few-fresh" };

/** True of a `degraded` that is told and not acted upon. */
export const isAlarmOnly = (because: Verdict["because"]): boolean =>
  because === "inside-only" || because === "one-vantage";

/**
 * The verdict on a tally, given the one before (hysteresis for split votes). `inside alone` means that the site's own agent
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
