import type { Cause } from "../cause.ts";
import type { ServiceName } from "../model.ts";
import type { ServiceRoute } from "./route.ts";

/*
 * A route changes in three ways, each with causes of its own: which users belong to which channel, by an operator's word; which
 * sites take them, as the service moves; and everything else, by a configuration.
 */

/** Which users go where inside a site. Weights are shown beside the slots that were made from them. */
export const splitOf = (route: ServiceRoute): unknown => [route.channels, route.slots, route.pinnedChannel];

/**
 * What only a configuration may change. Field by field: what a newer arbiter says beyond them is not for this node to judge, or
 * it would refuse the first word after an upgrade.
 */
export function settingsOf(route: ServiceRoute): unknown {
  const { channels, sites, pools, variant, salt, affinityHeaders, drainGraceMs } = route;
  return [
    channels.map(({ name }) => name),
    sites.map(({ site }) => site).toSorted((one, other) => (one < other ? -1 : 1)),
    pools.map((pool) => [pool.channel, pool.site, pool.endpoints, pool.protocol, pool.ttftMaxMs]),
    variant && [variant.header, variant.values, variant.whenDead, variant.whenUnknown],
    [salt, affinityHeaders, drainGraceMs],
  ];
}

/**
 * True when a cause speaks of this service itself, and so may have changed how its users are split. One that speaks of a site
 * may not: leaving it moves everybody, and nobody into another channel.
 */
export function coversSplit(cause: Cause, service: ServiceName): boolean {
  if (cause.kind === "config") return true;
  if (cause.kind === "operator") return cause.service === undefined || cause.service === service;
  return "service" in cause && cause.service === service;
}

export const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
