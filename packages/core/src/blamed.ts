import type { Config } from "./config.ts";
import { indexOf } from "./config-index.ts";
import { type ChannelName, monoMs, type ServiceName, type SiteName } from "./model.ts";
import { valueOf } from "./table.ts";
import { type Target, targetKey } from "./target.ts";
import { blame, type PoolTrip } from "./traffic/common-mode.ts";
import type { Trip } from "./trip.ts";
import type { VerdictState, Watch } from "./world.ts";

/**
 * What is to blame when no site is. Moving from site to site would only carry the trouble round: the channel's bad release runs
 * in the next one too, and so does whatever all of them need.
 */
export type Blamed =
  | {
      readonly kind: "channel";
      readonly service: ServiceName;
      readonly channel: ChannelName;
      readonly sites: readonly SiteName[];
    }
  | { readonly kind: "ourselves"; readonly pools: number };

type Pool = Extract<Target, { kind: "pool" }>;
type Judged = { readonly pool: Pool; readonly trip: PoolTrip };

/**
 * What is to blame now, by what gateways say of the pools that they can judge, and by what looks say of all that the quorum
 * knows. A trip that is over counts until it is forgotten, so that a blame doesn't end, and a move begin, with the first sign of
 * recovery.
 */
export function blamedNow(config: Config, verdicts: Watch["verdicts"]): readonly Blamed[] {
  // The most of cycles: nothing is bad anywhere, so nothing is to blame.
  if (!verdicts.values.some(({ trip, badLooks }) => trip ?? badLooks)) return [];
  const pools = indexOf(config).targets.flatMap((target): readonly Known[] => {
    const state = valueOf(verdicts, targetKey(target));
    return target.kind === "pool" && state ? [{ pool: target, state }] : [];
  });
  const byTraffic = blamedBy(
    pools.flatMap((known) => (isJudged(known.state) ? [judged(known, known.state.trip)] : [])),
  );
  const byLooks = blamedBy(
    pools.flatMap((known) => (isSeen(known.state) ? [judged(known, known.state.badLooks)] : [])),
  );
  const all = [...byTraffic, ...byLooks];
  const ourselves = all.find(({ kind }) => kind === "ourselves");
  if (ourselves) return [ourselves];
  return all.filter((what, at) => all.findIndex((other) => blamedKey(other) === blamedKey(what)) === at);
}

type Known = { readonly pool: Pool; readonly state: VerdictState };

const judged = ({ pool }: Known, trip: Trip | undefined): Judged => ({ pool, trip: tripOf(pool, trip) });

function blamedBy(all: readonly Judged[]): readonly Blamed[] {
  if (all.every(({ trip }) => trip.trippedAt === undefined)) return [];
  const others = decisive(all.map(({ trip }) => trip));
  const byChannel = Map.groupBy(all, ({ trip }) => trip.channel);
  const blames = [...byChannel.values()].flatMap((same) => {
    const trips = [...same.map(({ trip }) => trip), ...others];
    return same.map(({ pool, trip }) => ({ pool, kind: blame(trip, trips)?.kind }));
  });
  if (blames.some(({ kind }) => kind === "ourselves")) return [{ kind: "ourselves", pools: all.length }];
  const pools = blames.filter(({ kind }) => kind === "channel").map(({ pool }) => pool);
  return [...Map.groupBy(pools, channelOf).values()].flatMap((same): Blamed[] => {
    const [first] = same;
    if (!first) return [];
    return [{ kind: "channel", service: first.service, channel: first.channel, sites: same.map(({ site }) => site) }];
  });
}

/**
 * The few of all pools that decide whether everything tripped together: one that is well, or else of each site the first and the
 * last to trip. Comparing each pool with thousands of others, four times a second, would stop the loop when it is needed most.
 */
function decisive(trips: readonly PoolTrip[]): readonly PoolTrip[] {
  const well = trips.find(({ trippedAt }) => trippedAt === undefined);
  if (well) return [well];
  const at = ({ trippedAt }: PoolTrip): number => trippedAt ?? 0;
  const bySite = Map.groupBy(trips, ({ site }) => site);
  return [...bySite.values()].flatMap((all) => [
    all.reduce((one, other) => (at(other) < at(one) ? other : one)),
    all.reduce((one, other) => (at(other) > at(one) ? other : one)),
  ]);
}

/** Whether a target counts as it did, so that nobody else is to blame because of it. */
export const isBlamedAlike = (one: VerdictState, other: VerdictState): boolean =>
  one.trip === other.trip &&
  one.badLooks === other.badLooks &&
  isJudged(one) === isJudged(other) &&
  isSeen(one) === isSeen(other);

/** Its gateways have requests enough to say something of it, or had when it tripped. */
const isJudged = ({ traffic, trip }: VerdictState): boolean =>
  trip !== undefined || (traffic !== undefined && traffic.state !== "insufficient-data");

/** The quorum knows how it is, or did a moment ago. */
const isSeen = ({ verdict, byLooks, badLooks }: VerdictState): boolean =>
  badLooks !== undefined || (byLooks ?? verdict).kind !== "unknown";

/** The same name in two services is two channels. Only differences of time are looked at, so any zero will do. */
const tripOf = (pool: Pool, trip: Trip | undefined): PoolTrip => ({
  channel: channelOf(pool),
  site: pool.site,
  trippedAt: trip && monoMs(trip.beganAtMs),
});

const channelOf = ({ service, channel }: Pool): string => `${service}/${channel}`;

/** What it is about: one that goes on is the same, though another site joins. */
export const blamedKey = (what: Blamed): string =>
  what.kind === "channel" ? `${what.service}/${what.channel}` : what.kind;

export function blamedSentence(what: Blamed): string {
  switch (what.kind) {
    case "channel":
      return `${what.service}/${what.channel} went bad in ${what.sites.join(" and ")} at about the same time: the channel is to blame, not the sites`;
    case "ourselves":
      return `all ${what.pools} pools that can be judged went bad at about the same time: more likely it is us, or what all of them need, than the sites`;
    default:
      return what satisfies never;
  }
}
