import { type EpochMs, type HealthThresholds, isSuspect, opinionOf, type PoolLook, type Vote } from "@sluice/core";
import type { LookPlan } from "./look-target.ts";
import { endLook, newPace, type Pace } from "./pace.ts";
import type { LookResult } from "./probes/look.ts";

/** One target as its agent holds it. */
export type Watched = {
  readonly plan: LookPlan;
  pace: Pace;
  hasLooked: boolean;
  /** Looks in a row that ended alike: good ones above zero, failed ones below. */
  inRow: number;
  /** The present streak of failures. */
  failing: { readonly at: number; readonly wallAt: EpochMs; readonly detail: string } | undefined;
  /** While the opinion is `down`: when the streak that made it so began, whatever good looks there were since. */
  downSince: number | undefined;
};

/** Over how long first looks are spread, and from one beat to the next, at which those between begin together. */
export type Spread = { readonly spreadMs: number; readonly beatMs: number };

/** A target that nothing is known of. Its first look falls on a beat within `spreadMs`. */
export function newWatched(plan: LookPlan, now: number, { spreadMs, beatMs }: Spread): Watched {
  const pace = newPace(plan.key, now, spreadMs, beatMs);
  return { plan, pace, hasLooked: false, inRow: 0, failing: undefined, downSince: undefined };
}

/** A look ended. `result` undefined: it is discarded, since the agent itself was stalled. */
export function noteLook(
  entry: Watched,
  result: LookResult | undefined,
  seen: { readonly settings: HealthThresholds; readonly startedAt: number; readonly wallAt: EpochMs },
): { readonly isChange: boolean; readonly isFirstFailure: boolean } {
  const { settings } = seen;
  const before = opinionOf(entry.pace.health, settings);
  const wasSuspect = isSuspect(entry.pace.health);
  entry.pace = endLook(entry.pace, result && result.kind === "failed", settings);
  if (!result) return { isChange: false, isFirstFailure: false };
  entry.hasLooked = true;
  entry.inRow = result.kind === "ok" ? Math.max(entry.inRow, 0) + 1 : Math.min(entry.inRow, 0) - 1;
  const isFirstFailure = result.kind === "failed" && entry.failing === undefined && entry.downSince === undefined;
  if (result.kind === "ok") entry.failing = undefined;
  else entry.failing = { at: seen.startedAt, wallAt: seen.wallAt, ...entry.failing, detail: result.because };
  const { health } = entry.pace;
  entry.downSince = health.opinion === "down" ? (entry.downSince ?? entry.failing?.at) : undefined;
  const isNewlySuspect = !wasSuspect && isSuspect(health);
  return { isChange: isNewlySuspect || opinionOf(health, settings) !== before, isFirstFailure };
}

export function voteOf(entry: Watched, settings: HealthThresholds): Vote {
  const failing = entry.failing ? { failingSince: entry.failing.wallAt, detail: entry.failing.detail } : {};
  const { health } = entry.pace;
  return { target: entry.plan.key, opinion: opinionOf(health, settings), suspect: isSuspect(health), ...failing };
}

/**
 * The bare runs of looks, for a gateway's half-open check. The debounced opinion would hide them: a target stays healthy
 * through three failures, and `degradedLooks` bounds what its window remembers.
 */
export const lookOf = ({ plan, inRow }: Watched): PoolLook => ({
  target: plan.key,
  goodInRow: Math.max(inRow, 0),
  failedInRow: Math.max(-inRow, 0),
});
