import { type Health, type HealthThresholds, isQuickened, newHealth, observe, type TargetKey } from "@sluice/core";

/**
 * When a target is looked at next. Pure, so that the agent and a simulator keep the same time.
 *
 * Model: a look each interval; a look each interval / 4 while looks contradict the opinion, not waiting for the one before;
 * one look at once when another agent is suspicious, but never two within interval / 4. All times are monotonic milliseconds.
 */
export type Pace = {
  readonly health: Health;
  readonly firstAt: number;
  readonly startedAt?: number;
  /** When another agent's suspicion arrived, until a look has answered it. */
  readonly suspectedAt?: number;
  readonly inFlight: number;
};

/** Looks of one target under way at once: a silent target at the quick pace has four, and some room. */
export const inFlightMax = 8;

/**
 * First looks are spread over the interval by a hash of the key, so that a start is no burst. With `beatMs` those that fall
 * between two beats begin at the first of them, together: an agent at rest pays for each time that it is woken.
 */
export function newPace(key: TargetKey, now: number, intervalMs: number, beatMs = 1): Pace {
  const spread = hash(key) % intervalMs;
  return { health: newHealth, firstAt: now + spread - (spread % beatMs), inFlight: 0 };
}

/** Looks that begin together, at most about so many: more would hold up the loop, and with it the agent's trust in its eyes. */
const togetherMax = 8;

/** The time between two beats for so many targets: four in an interval, or more where there are many. */
export const beatOf = (targets: number, intervalMs: number): number =>
  intervalMs / Math.max(4, Math.ceil(targets / togetherMax));

/** Whether the next look is due. A calm one begins up to a hundredth of the interval early, so that those of one beat stay together. */
export function isDue(pace: Pace, now: number, intervalMs: number): boolean {
  const at = nextLookAt(pace, intervalMs);
  // Timers fire up to a millisecond early; a look a hair before its time is on time.
  return at !== undefined && at <= now + (isQuickened(pace.health) ? 1 : Math.max(1, intervalMs / 100));
}

/** When the next look is due, perhaps in the past; undefined while too many are under way. */
export function nextLookAt(pace: Pace, intervalMs: number): number | undefined {
  if (pace.inFlight >= inFlightMax) return undefined;
  if (pace.startedAt === undefined) return Math.min(pace.firstAt, pace.suspectedAt ?? pace.firstAt);
  const quick = pace.startedAt + intervalMs / 4;
  if (isQuickened(pace.health)) return quick;
  const regular = pace.startedAt + intervalMs;
  return pace.suspectedAt === undefined ? regular : Math.min(regular, Math.max(quick, pace.suspectedAt));
}

/** A look begins now; it answers a suspicion, if there was one. */
export function beginLook(pace: Pace, now: number): Pace {
  const { suspectedAt: _answered, ...rest } = pace;
  return { ...rest, startedAt: now, inFlight: pace.inFlight + 1 };
}

/** A look ended. `failed` undefined: it was discarded, since the agent itself was stalled. */
export function endLook(pace: Pace, failed: boolean | undefined, thresholds: HealthThresholds): Pace {
  const health = failed === undefined ? pace.health : observe(pace.health, failed, thresholds);
  return { ...pace, health, inFlight: Math.max(0, pace.inFlight - 1) };
}

/** Another agent has become suspicious of this target. */
export const suspect = (pace: Pace, now: number): Pace => ({ ...pace, suspectedAt: pace.suspectedAt ?? now });

/** FNV-1a, 32 bits: even enough to spread, and the same on every machine. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return value;
}
