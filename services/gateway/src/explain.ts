import {
  formatFence,
  type GatewayConfig,
  type PoolTraffic,
  poolKey,
  type RouteDecision,
  routeRequest,
  type SiteName,
} from "@sluice/core";
import type { RoutedService, Routes } from "./compile-routes.ts";
import type { DataPath } from "./data-path.ts";

export type ExplainAsk = { readonly headers: ReadonlyMap<string, string>; readonly chance: number };

/** Where a request would go now, and why, in data and in sentences. */
export type Explanation = {
  readonly gateway: string;
  readonly service: string;
  readonly host: string;
  readonly fence: string;
  readonly decision: RouteDecision;
  /** Of the site's own pool, when that is the first to be tried. */
  readonly endpoint?: string;
  /** What is known of the pools of the channel, in the order of the route's sites. */
  readonly pools: readonly ExplainedPool[];
  readonly lines: readonly string[];
};

type ExplainedPool = {
  readonly target: string;
  readonly site: SiteName;
  /** The share of its users that it takes now, 0 to 1. */
  readonly admits: number;
  readonly traffic?: Pick<PoolTraffic, "state" | "because">;
};

type About = {
  readonly own: GatewayConfig;
  readonly routes: Routes;
  readonly service: RoutedService;
  readonly dataPath: Pick<DataPath, "views" | "endpointOf" | "traffic">;
};

/** Asks the very function that routes requests, with the very views that they meet. */
export function explain(about: About, { headers, chance }: ExplainAsk): Explanation {
  const { own, routes, service, dataPath } = about;
  const decision = routeRequest(service.compiled, { header: (name) => headers.get(name), chance }, dataPath.views);
  const here = decision.kind === "route" && decision.sites[0] === own.site ? decision : undefined;
  const endpoint = here && dataPath.endpointOf(poolKey(service.name, here.channel, own.site), here.user);
  return {
    gateway: own.name,
    service: service.name,
    host: service.host,
    fence: formatFence(routes.snapshot.fence),
    decision,
    ...(endpoint === undefined ? {} : { endpoint }),
    pools: decision.kind === "route" ? poolsOf(about, decision.channel) : [],
    lines: linesOf(about, decision, endpoint),
  };
}

function poolsOf({ service, dataPath }: About, channel: string): readonly ExplainedPool[] {
  const known = dataPath.traffic();
  return service.route.sites
    .filter(({ site }) => service.route.pools.some((pool) => pool.channel === channel && pool.site === site))
    .map(({ site }) => {
      const target = poolKey(service.name, channel, site);
      const traffic = known.find((entry) => entry.target === target);
      return {
        target,
        site,
        admits: dataPath.views.admits(service.name, channel, site),
        ...(traffic ? { traffic: { state: traffic.state, because: traffic.because } } : {}),
      };
    });
}

function linesOf({ own, service }: About, decision: RouteDecision, endpoint: string | undefined): readonly string[] {
  if (decision.kind === "refuse") return [`refused with ${decision.status}, ${decision.reason}: ${decision.because}`];
  const [first, ...later] = decision.sites;
  const where = first === own.site ? `${first}, this site` : `${first}, by its gateway`;
  const via = endpoint === undefined ? "" : `, endpoint ${endpoint}`;
  return [
    `${service.name} → ${decision.channel}, because ${reasonOf(service, decision)}`,
    `first to ${where}${via}`,
    ...(later.length > 0 ? [`after that, by a safe retry: ${later.join(", ")}`] : []),
  ];
}

type Routed = Extract<RouteDecision, { kind: "route" }>;

function reasonOf({ route }: RoutedService, { because, channel, user, slot }: Routed): string {
  const default_ = route.channels[0]?.name;
  switch (because) {
    case "variant":
      return `the header ${route.variant?.header} names it`;
    case "variant-fallback":
      return `the variant asked for is served nowhere, and the rule says to route as without the header`;
    case "pin":
      return `an operator pinned everybody to ${channel}`;
    case "slot":
      return `user ${user} has slot ${slot}, which ${channel} owns`;
    case "unkeyed":
      return `no affinity header names a user, and slot ${slot} was drawn`;
    case "channel-dead":
      return `slot ${slot} belongs to a channel that is served nowhere, so its users go to ${default_}`;
    case "hop":
      return "another site's gateway chose it";
    default:
      return because satisfies never;
  }
}
