import type { ChannelName, MonoMs, SiteName } from "../model.ts";

/** A pool of one service, and when it tripped, if it is tripped. The times are all by one clock. */
export type PoolTrip = {
  readonly channel: ChannelName;
  readonly site: SiteName;
  readonly trippedAt: MonoMs | undefined;
};

/**
 * Who is to blame for a trip, which decides what may help: another site, an end to the rollout, or nothing that we
 * could move.
 */
export type Blame =
  | { readonly kind: "site"; readonly site: SiteName }
  | { readonly kind: "channel"; readonly channel: ChannelName }
  | { readonly kind: "ourselves" };

/** Trips within so long of one another have one cause. Unit: milliseconds. */
export const togetherMs = 30_000;

/**
 * Whom to blame for the trip of `pool` (reference l7 §3.4).
 *
 * Everything tripped together, everywhere: ourselves, or what we all stand on, and nobody moves. The same channel in
 * two sites together: the channel, whose release is bad wherever it runs. Otherwise the site. A later trip can change
 * the blame for an earlier one, so it is asked anew whenever a pool trips.
 *
 * `pools` are those with enough traffic to be judged, since one without can't trip and would hide that everything has.
 * One pool alone, or one site, is never "everything everywhere". Undefined when the pool isn't tripped.
 */
export function blame(pool: PoolTrip, pools: readonly PoolTrip[]): Blame | undefined {
  const { trippedAt } = pool;
  if (trippedAt === undefined) return undefined;
  const together = pools.filter((other) => isTogether(trippedAt, other.trippedAt));
  if (together.length === pools.length && sitesIn(together) >= 2) return { kind: "ourselves" };
  const sameChannel = together.filter(({ channel }) => channel === pool.channel);
  return sitesIn(sameChannel) >= 2 ? { kind: "channel", channel: pool.channel } : { kind: "site", site: pool.site };
}

const isTogether = (one: MonoMs, other: MonoMs | undefined): boolean =>
  other !== undefined && Math.abs(one - other) <= togetherMs;

const sitesIn = (pools: readonly PoolTrip[]): number => new Set(pools.map(({ site }) => site)).size;
