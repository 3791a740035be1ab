import {
  type EpochMs,
  type HealthThresholds,
  isSuspect,
  type Opinion,
  opinionOf,
  type PoolLook,
  type Vote,
} from "@sluice/core";
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
  /** Since when looks have told nothing either way. Monotonic. */
  unclearSince: number | undefined;
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
  const nothing = { unclearSince: undefined, failing: undefined, downSince: undefined };
  return { plan, pace, hasLooked: false, inRow: 0, ...nothing };
}

type Seen = { readonly settings: HealthThresholds; readonly startedAt: number; readonly wallAt: EpochMs };

/** A look ended. `seenAs` undefined: it is discarded, since the agent itself was stalled. */
export function noteLook(
  entry: Watched,
  seenAs: LookResult | undefined,
  seen: Seen,
): { readonly isChange: boolean; readonly isFirstFailure: boolean } {
  const { settings } = seen;
  const before = opinionHeld(entry, settings);
  const result = seenAs && counted(entry, seenAs, seen.startedAt);
  if (result === "unclear") {
    entry.pace = endLook(entry.pace, undefined, settings);
    entry.hasLooked = true;
    return { isChange: opinionHeld(entry, settings) !== before, isFirstFailure: false };
  }
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
  return { isChange: isNewlySuspect || opinionHeld(entry, settings) !== before, isFirstFailure };
}

/** An unclear look says nothing for as long as the probe allows, and is a failure after that. */
function counted(
  entry: Watched,
  result: LookResult,
  startedAt: number,
): Exclude<LookResult, { kind: "unclear" }> | "unclear" {
  if (result.kind !== "unclear") {
    entry.unclearSince = undefined;
    return result;
  }
  entry.unclearSince ??= startedAt;
  const { probe } = entry.plan;
  const allowedMs = probe.kind === "metric" ? probe.absentMs : 0;
  if (startedAt - entry.unclearSince < allowedMs) return "unclear";
  return { kind: "failed", because: `${result.because} for ${Math.round((startedAt - entry.unclearSince) / 1000)} s` };
}

/** What the looks that counted have led to; unknown while looks tell nothing, unless they had led to `down` before. */
function opinionHeld({ pace: { health }, unclearSince }: Watched, settings: HealthThresholds): Opinion {
  return unclearSince !== undefined && health.opinion === "up" ? "unknown" : opinionOf(health, settings);
}

export function voteOf(entry: Watched, settings: HealthThresholds): Vote {
  const failing = entry.failing ? { failingSince: entry.failing.wallAt, detail: entry.failing.detail } : {};
  const { health } = entry.pace;
  return { target: entry.plan.key, opinion: opinionHeld(entry, settings), suspect: isSuspect(health), ...failing };
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
