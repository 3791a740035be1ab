import { type CompiledRoute, compileRoute } from "./compile-route.ts";
import type { PoolViews, RouteDecision, RouteFacts, RouteSite, ServiceRoute } from "./route.ts";
import { routeRequest } from "./route-request.ts";
import { testHash } from "./test-hash.ts";

const sites = ["site-a", "site-b", "site-c"];

/** Three channels in three sites: a and b are placed, c stands by. The upper half of the slots is the canary's; `next` has none. */
export const chatRoute: ServiceRoute = {
  channels: [
    { name: "stable", weight: 50 },
    { name: "canary", weight: 50 },
    { name: "next", weight: 0 },
  ],
  salt: 7,
  slots: [
    [0, 5_000],
    [1, 5_000],
  ],
  affinityHeaders: ["x-user-id", "x-session-id"],
  variant: {
    header: "x-model-variant",
    values: [{ value: "next-v2", channel: "next" }],
    whenDead: "strict",
    whenUnknown: "split",
  },
  sites: [
    { site: "site-a", role: "placed" },
    { site: "site-b", role: "placed" },
    { site: "site-c", role: "standby" },
  ],
  pools: ["stable", "canary", "next"].flatMap((channel) =>
    sites.map((site) => ({ channel, site, endpoints: ["192.0.2.1:8000"], protocol: "http1" as const })),
  ),
  drainGraceMs: 75_000,
};

export const withRoles = (...roles: readonly RouteSite["role"][]): Pick<ServiceRoute, "sites"> => ({
  sites: roles.map((role, at) => ({ site: sites[at] ?? "", role })),
});

export const withoutPools = (isGone: (channel: string, site: string) => boolean): Pick<ServiceRoute, "pools"> => ({
  pools: chatRoute.pools.filter(({ channel, site }) => !isGone(channel, site)),
});

export const compiled = (change: Partial<ServiceRoute> = {}, site = "site-a"): CompiledRoute =>
  compileRoute("chat", { ...chatRoute, ...change }, { site, hash: testHash });

export type Headers = Readonly<Record<string, string>>;

export const factsOf = (headers: Headers = {}, rest: Partial<RouteFacts> = {}): RouteFacts => ({
  header: (name) => headers[name],
  chance: 0.25,
  ...rest,
});

/** The share each pool admits, by `channel@site`, by channel or by site; the first one found counts, and 1 without any. */
export const admits = (shares: Readonly<Record<string, number>> = {}): PoolViews => ({
  admits: (_service, channel, site) => shares[`${channel}@${site}`] ?? shares[channel] ?? shares[site] ?? 1,
});

/** Users by their slots: the one owned by stable, the other by the canary. */
export const stableUser = "user-3";
export const canaryUser = "user-2";

/** `canary slot site-b site-a`, or `503 no-pool`. */
function shortly(decision: RouteDecision): string {
  if (decision.kind === "refuse") return `${decision.status} ${decision.reason}`;
  return [decision.channel, decision.because, ...decision.sites].join(" ");
}

export const route = (on: CompiledRoute, facts: RouteFacts, views: PoolViews): string =>
  shortly(routeRequest(on, facts, views));
