import { type Config, configuredTargets } from "./config.ts";
import type { ChannelName, ServiceName, SiteName } from "./model.ts";
import { type Target, type TargetKey, targetKey } from "./target.ts";
import { commonModeMs, type Trip } from "./trip.ts";
import type { VerdictState } from "./world.ts";

/**
 * Who is to blame when not a site is. The same channel tripped in several sites at about the same time: its release is bad,
 * and no site is better than another. Every pool anywhere has tripped: more likely it is us, or something that all of them
 * need. Either way moving sites would only carry the trouble round.
 */
export type Blame =
  | {
      readonly kind: "channel";
      readonly service: ServiceName;
      readonly channel: ChannelName;
      readonly sites: readonly SiteName[];
    }
  | { readonly kind: "ourselves"; readonly pools: number };

type Pool = Extract<Target, { kind: "pool" }>;
type Judged = { readonly pool: Pool; readonly trip: Trip | undefined };

/**
 * A channel is blamed while two of its pools have tripped within `commonModeMs` of one another and still stand so, or did
 * within that time. We ourselves are blamed while at least two channels are, and no pool is left whose gateways have requests
 * enough and find it well. With a single channel nobody could tell the two apart, and the milder word is enough.
 */
export function blamesOf(config: Config, verdicts: Readonly<Record<TargetKey, VerdictState>>): readonly Blame[] {
  const judged = configuredTargets(config).flatMap((target): Judged[] => {
    const state = verdicts[targetKey(target)];
    if (target.kind !== "pool" || !state || !isJudged(state)) return [];
    return [{ pool: target, trip: state.trip }];
  });
  const byChannel = Map.groupBy(judged, ({ pool }) => `${pool.service}/${pool.channel}`);
  const channels = [...byChannel.values()].flatMap((pools): Blame[] => {
    const [first] = pools;
    const sites = sitesTogether(pools);
    if (!first || sites.length === 0) return [];
    return [{ kind: "channel", service: first.pool.service, channel: first.pool.channel, sites }];
  });
  const isAllBad = channels.length >= 2 && judged.every(({ trip }) => trip !== undefined);
  return isAllBad ? [...channels, { kind: "ourselves", pools: judged.length }] : channels;
}

const isJudged = ({ traffic, trip }: VerdictState): boolean =>
  trip !== undefined || (traffic !== undefined && traffic.state !== "insufficient-data");

/** The sites whose trips lie close to that of another site. */
function sitesTogether(pools: readonly Judged[]): readonly SiteName[] {
  const isNear = (one: Trip, other: Trip): boolean => Math.abs(one.beganMs - other.beganMs) <= commonModeMs;
  return pools
    .filter(({ pool, trip }) =>
      pools.some((other) => other.pool !== pool && trip && other.trip && isNear(trip, other.trip)),
    )
    .map(({ pool }) => pool.site);
}

/** Names what is blamed: one that goes on is the same blame, though more sites join. */
export const blameKey = (blame: Blame): string =>
  blame.kind === "channel" ? `channel ${blame.service}/${blame.channel}` : "ourselves";

export function blameSentence(blame: Blame): string {
  switch (blame.kind) {
    case "channel":
      return `${blame.service}/${blame.channel} tripped in ${blame.sites.join(" and ")} at about the same time: the channel is to blame, not the sites`;
    case "ourselves":
      return `all ${blame.pools} pools that gateways can judge have tripped: it is more likely us, or something that all of them need, than the sites`;
    default:
      return blame satisfies never;
  }
}
