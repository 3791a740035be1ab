import type { MonoMs } from "./model.ts";

/** The one row that says who leads. Every date in it is the database's. */
export type LeaseRow = {
  readonly holder: string;
  readonly epoch: number;
  /** The database's own text form, to the microsecond: compared byte for byte, never parsed. */
  readonly expiresAt: string;
  /** By the database's clock, at the moment it was read. */
  readonly isExpired: boolean;
};

/** Lease timing. Raising `ttlMs` costs that much more leaderless time; lowering it risks losing the lease to a slow database. */
export type LeaseTiming = {
  readonly ttlMs: number;
  readonly renewEveryMs: number;
  /** The leader stops writing this long after *sending* its last good renewal: below the ttl by the clocks' rate error. */
  readonly writeForMs: number;
  readonly pollEveryMs: number;
  /** Each rank below the preferred arbiter waits this much longer. */
  readonly rankDelayMs: number;
  /** A row unchanged for this long by our own clock may be seized, whatever the database's clock says. */
  readonly seizeAfterMs: number;
};

export const leaseTiming: LeaseTiming = {
  ttlMs: 10_000,
  renewEveryMs: 2_500,
  writeForMs: 8_000,
  pollEveryMs: 500,
  rankDelayMs: 500,
  seizeAfterMs: 12_000,
};

/** What a leader holds in its hand. `wallMinusMonoMs` at renewal finds a suspended machine: monotonic time stood still then. */
export type Held = { readonly epoch: number; readonly renewSentAt: MonoMs; readonly wallMinusMonoMs: number };

const clockGapMaxMs = 1_000;

/** Whether the leader may write now: undefined, or why not. Asked before each write. */
export function whyNotWrite(
  held: Held,
  now: { mono: MonoMs; wallMinusMonoMs: number },
  timing: LeaseTiming,
): "renewal-too-old" | "clocks-disagree" | undefined {
  if (now.mono - held.renewSentAt >= timing.writeForMs) return "renewal-too-old";
  if (Math.abs(now.wallMinusMonoMs - held.wallMinusMonoMs) > clockGapMaxMs) return "clocks-disagree";
  return undefined;
}

/** What a follower has seen of the row, for the last way in. */
export type Sighting = {
  readonly row: LeaseRow;
  readonly firstSeenAt: MonoMs;
  readonly expiredSince: MonoMs | undefined;
};

/** The sighting after reading the row once more. A row that changed starts a new one. */
export function sight(before: Sighting | undefined, row: LeaseRow, now: MonoMs): Sighting {
  const same =
    before &&
    before.row.epoch === row.epoch &&
    before.row.holder === row.holder &&
    before.row.expiresAt === row.expiresAt;
  const expiredSince = row.isExpired ? ((same ? before.expiredSince : undefined) ?? now) : undefined;
  return { row, firstSeenAt: same ? before.firstSeenAt : now, expiredSince };
}

/**
 * What a follower does about the row it sees. `rank` is its place among the configured arbiters, 0 preferred. `ableSince` is
 * since when it has had the votes to lead: all get them at about the same moment, which must not be a race.
 *
 *   expired, and able, for rank × rankDelayMs        acquire
 *   unchanged for seizeAfterMs + rank × rankDelayMs  seize, by compare-and-swap on the exact row
 *   else                                             wait
 */
export function bid(
  sighting: Sighting,
  rank: number,
  at: { now: MonoMs; ableSince: MonoMs; timing: LeaseTiming },
): "acquire" | "seize" | "wait" {
  const delayMs = rank * at.timing.rankDelayMs;
  if (sighting.expiredSince !== undefined && at.now - Math.max(sighting.expiredSince, at.ableSince) >= delayMs)
    return "acquire";
  if (at.now - sighting.firstSeenAt >= at.timing.seizeAfterMs + delayMs) return "seize";
  return "wait";
}
