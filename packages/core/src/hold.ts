import type { GuardSettings, ServiceConfig } from "./config.ts";
import type { SiteName } from "./model.ts";
import { rampSteps } from "./ramp.ts";

/** How often a service left a site as down or degraded, until the site has been well for long. */
export type Flap = { readonly site: SiteName; readonly times: number };

/**
 * How long a site must be well before it gets anything back. Flapping doubles it:
 *
 *   hold = base × 2^(times left − 1), at most `holdMaxMs`, at least the base
 *
 * Raising `holdMaxMs` keeps a site that comes and goes away for longer, and a mended one too.
 */
export function holdMs(baseMs: number, times: number, { holdMaxMs }: Pick<GuardSettings, "holdMaxMs">): number {
  return Math.max(baseMs, Math.min(baseMs * 2 ** Math.max(times - 1, 0), holdMaxMs));
}

export const timesLeft = (flaps: readonly Flap[] | undefined, site: SiteName): number =>
  flaps?.find((flap) => flap.site === site)?.times ?? 0;

/** One more time. */
export const flapped = (flaps: readonly Flap[] | undefined, site: SiteName): readonly Flap[] => [
  ...(flaps ?? []).filter((flap) => flap.site !== site),
  { site, times: Math.min(timesLeft(flaps, site) + 1, timesMax) },
];

/** Beyond it any hold has long reached its bound. */
const timesMax = 30;

/**
 * How long a site must be well until its past no longer counts: twice the longest hold that it brings, and the ramp, so that a
 * site which is well while idle, and fails when its traffic is back, isn't forgiven on the way.
 */
export function forgetMs({ failback }: ServiceConfig, times: number, guards: GuardSettings): number {
  const isAuto = failback.kind === "auto-after";
  const baseMs = Math.max(guards.readmitAfterMs, isAuto ? failback.afterMs : 0);
  return 2 * holdMs(baseMs, times, guards) + (isAuto ? rampSteps.length * guards.rampStepMs : 0);
}
