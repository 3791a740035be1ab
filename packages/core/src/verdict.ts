import type { Opinion } from "./model.ts";
import { majority } from "./quorum.ts";
import type { Tally } from "./tally.ts";

/** What the quorum says of one target, and why. */
export type Verdict = {
  readonly kind: Opinion;
  readonly because:
    | "majority"
    | "inside-only"
    | "failing-looks"
    | "too-few-fresh"
    /** Fresh enough, but no majority for anything: the verdict before holds. */
    | "split";
};

export const noVerdict: Verdict = { kind: "unknown", because: "too-few-fresh" };

/**
 * The verdict on a tally, given the one before (hysteresis for split votes).
 *
 *   down ≥ majority, one of them outside    down       majority
 *   fresh < majority                        unknown    too-few-fresh
 *   healthy ≥ majority, inside says down    degraded   inside-only: an alarm that moves nothing
 *   healthy ≥ majority                      healthy    majority
 *   degraded + down ≥ majority              degraded   failing-looks
 *   else                                    as before  split
 */
export function verdict(tally: Tally, before: Verdict): Verdict {
  const needed = majority(tally.electorate);
  if (tally.down >= needed && tally.downOutside >= 1) return { kind: "down", because: "majority" };
  if (tally.electorate - tally.unknown < needed) return noVerdict;
  if (tally.healthy >= needed) {
    return isInsideOnly(tally)
      ? { kind: "degraded", because: "inside-only" }
      : { kind: "healthy", because: "majority" };
  }
  if (tally.degraded >= 1 && tally.degraded + tally.down >= needed)
    return { kind: "degraded", because: "failing-looks" };
  return before.kind === "unknown" ? { kind: "unknown", because: "split" } : { kind: before.kind, because: "split" };
}

const isInsideOnly = (tally: Tally): boolean => tally.down === 1 && tally.downOutside === 0;
