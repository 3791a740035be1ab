import { sendsElsewhere, type Traffic } from "./traffic/combine-traffic.ts";
import { togetherMs } from "./traffic/common-mode.ts";

/**
 * That a pool's own gateways sent its users elsewhere. Times are the cycle's own, so that a wall clock that steps neither lifts
 * a trip nor makes one.
 */
export type Trip = {
  /** `said` now; `unheard`: it was said, and the site has said nothing of it since; `over`: the site says otherwise. */
  readonly standing: "said" | "unheard" | "over";
  /** When it began, by the cycle's time. Unit: milliseconds. */
  readonly beganAtMs: number;
  /** When it last stood, likewise. Absent while it stands. */
  readonly stoodAtMs?: number;
};

/**
 * The trip after one more cycle, which began `passedMs` ago and ends at `ranMs`; undefined once it has been over for `togetherMs`: until then the pool is no place to
 * move to from a degraded one. `hasGateway` false: the configuration
 * knows no gateway there any more, so nobody is left to take it back.
 *
 *   said tripped or recovering            said
 *   something else is said                over
 *   nothing said, and it stood before     unheard: silence is no recovery
 *   nothing said, and no gateway there    over
 */
export function nextTrip(
  before: Trip | undefined,
  said: Traffic | undefined,
  at: { readonly ranMs: number; readonly passedMs: number; readonly hasGateway: boolean },
): Trip | undefined {
  const isStanding = before !== undefined && before.standing !== "over";
  if (said && sendsElsewhere(said.state)) return standing(before, "said", isStanding ? before.beganAtMs : at.ranMs);
  if (!said && isStanding && at.hasGateway) return standing(before, "unheard", before.beganAtMs);
  if (!before) return undefined;
  const stoodAtMs = before.stoodAtMs ?? at.ranMs - at.passedMs;
  if (at.ranMs - stoodAtMs > togetherMs) return undefined;
  return before.standing === "over" ? before : { standing: "over", beganAtMs: before.beganAtMs, stoodAtMs };
}

/** From when on time alone ends a trip, by the cycle's time; undefined while it stands. */
export const endsAfterMs = (trip: Trip | undefined): number | undefined =>
  trip?.stoodAtMs === undefined ? undefined : trip.stoodAtMs + togetherMs;

/** The same trip stays the same value, so that whoever sees it knows that nothing is new. */
const standing = (before: Trip | undefined, how: "said" | "unheard", beganAtMs: number): Trip =>
  before?.standing === how ? before : { standing: how, beganAtMs };
