import { sendsElsewhere, type Traffic } from "./traffic/combine-traffic.ts";
import { togetherMs } from "./traffic/common-mode.ts";

/**
 * That a pool's own gateways sent its users elsewhere. Times are the cycle's own, so that a wall clock that steps neither lifts
 * a trip nor makes one.
 */
export type Trip = {
  /** `said` now; `unheard`: it was said, and the site has said nothing of it since; `over`: the site says otherwise. */
  readonly standing: "said" | "unheard" | "over";
  /** Since it began. Unit: milliseconds. */
  readonly beganMs: number;
  /** Since it last stood; 0 while it stands. Unit: milliseconds. */
  readonly overMs: number;
};

/**
 * The trip after one more cycle; undefined once it has been over for `togetherMs`: until then the pool is no place to
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
  at: { readonly passedMs: number; readonly hasGateway: boolean },
): Trip | undefined {
  const isStanding = before !== undefined && before.standing !== "over";
  const beganMs = (before?.beganMs ?? 0) + at.passedMs;
  if (said && sendsElsewhere(said.state)) return { standing: "said", beganMs: isStanding ? beganMs : 0, overMs: 0 };
  if (!said && isStanding && at.hasGateway) return { standing: "unheard", beganMs, overMs: 0 };
  const overMs = (before?.overMs ?? 0) + at.passedMs;
  return before && overMs <= togetherMs ? { standing: "over", beganMs, overMs } : undefined;
}
