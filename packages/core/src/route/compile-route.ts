import type { ChannelName, ServiceName, SiteName } from "../model.ts";
import type { Hash32, RouteSite, ServiceRoute, VariantRule } from "./route.ts";
import { compileSlots } from "./slot-runs.ts";

/** Who routes: a data plane in one site, with its hash. */
export type RoutingSite = { readonly site: SiteName; readonly hash: Hash32 };

/** A service's route, prepared for one site: what a request needs is one look away. Made once for each snapshot. */
export type CompiledRoute = {
  readonly service: ServiceName;
  readonly hash: Hash32;
  readonly salt: number;
  readonly affinityHeaders: readonly string[];
  /** The owner of each slot, as an index into `channels`. */
  readonly slots: Uint16Array;
  /** The default channel first. */
  readonly channels: readonly CompiledChannel[];
  /** Those, and whatever other channels have pools, a variant or the pin. */
  readonly byName: ReadonlyMap<ChannelName, CompiledChannel>;
  readonly pinned: CompiledChannel | undefined;
  readonly variant: CompiledVariant | undefined;
};

export type CompiledVariant = Pick<VariantRule, "header" | "whenDead" | "whenUnknown"> & {
  readonly channels: ReadonlyMap<string, CompiledChannel>;
};

/** A channel's pools that have endpoints, in the order that requests try them. */
export type CompiledChannel = {
  readonly name: ChannelName;
  readonly open: readonly PoolToTry[];
  /** Where an operator sends nobody: only for when nothing else admits. */
  readonly drained: readonly PoolToTry[];
  /** The order for when none admits: near before far, and what was drained still last. */
  readonly lastResort: readonly SiteName[];
  /** The pool of this very site, whatever its role. */
  readonly local: SiteName | undefined;
};

export type PoolToTry = {
  readonly site: SiteName;
  /** Seed of the hash that says which users a pool admits that admits only a share of them. Each pool has its own. */
  readonly seed: number;
};

export function compileRoute(service: ServiceName, route: ServiceRoute, from: RoutingSite): CompiledRoute {
  const { pinnedChannel, variant } = route;
  const names = new Set([
    ...route.channels.map(({ name }) => name),
    ...route.pools.map(({ channel }) => channel),
    ...(variant?.values ?? []).map(({ channel }) => channel),
    ...(pinnedChannel === undefined ? [] : [pinnedChannel]),
  ]);
  const byName = new Map([...names].map((name) => [name, compileChannel(name, route, from)]));
  const channelOf = (name: ChannelName): CompiledChannel => byName.get(name) as CompiledChannel;
  return {
    service,
    hash: from.hash,
    salt: route.salt,
    affinityHeaders: route.affinityHeaders,
    slots: compileSlots(route.slots, route.channels.length),
    channels: route.channels.map(({ name }) => channelOf(name)),
    byName,
    pinned: pinnedChannel === undefined ? undefined : channelOf(pinnedChannel),
    variant: variant && {
      header: variant.header,
      whenDead: variant.whenDead,
      whenUnknown: variant.whenUnknown,
      channels: new Map(variant.values.map(({ value, channel }) => [value, channelOf(channel)])),
    },
  };
}

function compileChannel(name: ChannelName, route: ServiceRoute, from: RoutingSite): CompiledChannel {
  const served = new Set(
    route.pools.filter(({ channel, endpoints }) => channel === name && endpoints.length > 0).map(({ site }) => site),
  );
  const sites = sitesInOrder(route, from.site).filter(({ site }) => served.has(site));
  const toTry = ({ site }: RouteSite): PoolToTry => ({ site, seed: from.hash(`admit ${name}@${site}`, route.salt) });
  const isHere = ({ site }: RouteSite): boolean => site === from.site;
  const open = sites.filter(({ role }) => role !== "drained");
  const drained = sites.filter(({ role }) => role === "drained");
  const nearFirst = [...open.filter(isHere), ...open.filter((site) => !isHere(site)), ...drained];
  return {
    name,
    open: open.map(toTry),
    drained: drained.map(toTry),
    lastResort: nearFirst.map(({ site }) => site),
    local: served.has(from.site) ? from.site : undefined,
  };
}

const roles = ["placed", "standby", "drained"] as const satisfies readonly RouteSite["role"][];

/**
 * Every site with a pool: this one first while it is placed, then by role, then as the route has them. One that the route doesn't
 * rank is taken for drained: better than an answer from nowhere.
 */
function sitesInOrder(route: ServiceRoute, here: SiteName): RouteSite[] {
  const ranked = new Set(route.sites.map(({ site }) => site));
  const unranked = route.pools.map(({ site }) => site).filter((site) => !ranked.has(site));
  const all = [...route.sites, ...[...new Set(unranked)].map((site): RouteSite => ({ site, role: "drained" }))];
  const rankOf = ({ site, role }: RouteSite): number => (site === here && role === "placed" ? -1 : roles.indexOf(role));
  return all.sort((a, b) => rankOf(a) - rankOf(b));
}
