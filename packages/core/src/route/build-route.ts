import { type Config, type GatewayConfig, policySites, type ServiceConfig } from "../config.ts";
import type { SiteName } from "../model.ts";
import { isDrained, type Override, overridesOf, pinnedChannelOf } from "../override.ts";
import { sitesOf } from "../placement.ts";
import { weightsOf } from "../weights.ts";
import type { ServiceState } from "../world.ts";
import type { GatewayPeer, RoutePool, RouteSite, ServiceRoute } from "./route.ts";
import { seedOf } from "./seed.ts";
import { slotRuns } from "./slot-runs.ts";

/** What routes are made from, beside the service's own configuration. */
export type RouteSources = {
  readonly state: ServiceState;
  /** All that stand; those of other services are left aside. */
  readonly overrides: readonly Override[];
};

/** How gateways route one service now; undefined where nobody routes, or before the first step has given out the slots. */
export function buildRoute(config: Config, service: ServiceConfig, from: RouteSources): ServiceRoute | undefined {
  const { state } = from;
  if (config.gateways.length === 0 || !state.slots) return undefined;
  const channels = weightsOf(service, state);
  const overrides = overridesOf(from.overrides, service.name);
  const pinnedChannel = pinnedChannelOf(overrides);
  return {
    channels,
    salt: seedOf(service.salt ?? service.name),
    slots: slotRuns(
      state.slots,
      channels.map(({ name }) => name),
    ),
    affinityHeaders: service.affinityHeaders,
    ...(service.variant ? { variant: service.variant } : {}),
    ...(pinnedChannel === undefined ? {} : { pinnedChannel }),
    sites: routeSites(service, state, overrides),
    pools: routePools(service),
    drainGraceMs: service.drainGraceMs,
  };
}

/**
 * Where DNS sends clients comes first; then who else could serve; what operators drained comes last, for when nothing else is
 * left. A drained site that has to serve all the same, being the last one, is placed.
 */
function routeSites(service: ServiceConfig, state: ServiceState, overrides: readonly Override[]): readonly RouteSite[] {
  const known = policySites(service.policy);
  const placed = sitesOf(state.served).filter((site) => known.includes(site));
  const others = known.filter((site) => !placed.includes(site));
  const as = (role: RouteSite["role"], sites: readonly SiteName[]): readonly RouteSite[] =>
    sites.map((site) => ({ site, role }));
  return [
    ...as("placed", placed),
    ...as(
      "standby",
      others.filter((site) => !isDrained(overrides, site)),
    ),
    ...as(
      "drained",
      others.filter((site) => isDrained(overrides, site)),
    ),
  ];
}

/** The pools that requests may go to: those in sites of the policy. */
function routePools({ policy, pools }: ServiceConfig): readonly RoutePool[] {
  const sites = policySites(policy);
  return pools
    .filter((pool) => sites.includes(pool.site))
    .map(({ channel, site, endpoints, protocol, ttftMaxMs }) => ({
      channel,
      site,
      endpoints,
      protocol,
      ...(ttftMaxMs === undefined ? {} : { ttftMaxMs }),
    }));
}

/** Where gateways find one another. */
export const gatewayPeers = (gateways: readonly GatewayConfig[]): readonly GatewayPeer[] =>
  gateways.map(({ name, site, address, hop }) => ({
    name,
    site,
    hop: address.includes(":") ? `[${address}]:${hop.port}` : `${address}:${hop.port}`,
  }));
