import type { PolicyConfig, Problem, ServiceConfig } from "@sluice/core";
import { nearest } from "../nearest.ts";
import type { Parts, Piece } from "../parts.ts";
import { whyNotSite } from "./places.ts";
import { repeated } from "./repeated.ts";

/** The matrix channel × site: every name in it exists, and every site that may serve has something to serve with. */
export function serviceSites(parts: Parts): readonly Problem[] {
  const { services } = parts.config;
  const pools = new Map(parts.within("services", services, "pools").map((piece) => [piece.path, piece]));
  return [
    ...parts.within("services", services, "policy").flatMap((policy) => policySitesExist(parts, policy)),
    ...[...pools.values()].flatMap((piece) => poolSitesExist(parts, piece)),
    ...parts
      .pieces("services", services, ["channels"])
      .flatMap(({ path, value }) => poolChannelsExist(parts, value, pools.get(`${path}.pools`))),
    ...parts
      .pieces("services", services, ["channels", "policy"])
      .flatMap((service) => homesHavePools(parts, service, pools.get(`${service.path}.pools`))),
    ...sums(parts),
  ];
}

/** The sites that a policy names, each where it stands. */
function sitesIn(parts: Parts, { path, value }: Piece<PolicyConfig>): readonly Piece<string>[] {
  if (!parts.isSound(`${path}.kind`)) return [];
  const at = `${path}.sites`;
  return value.kind === "failover" ? parts.entries(at, value.sites) : parts.leaves(at, value.sites, "site");
}

function policySitesExist(parts: Parts, policy: Piece<PolicyConfig>): readonly Problem[] {
  const named = sitesIn(parts, policy);
  return [
    ...named.flatMap((site) => whyNotSite(parts, site, "serving")),
    ...repeated(named, "Name each site of a policy once."),
  ];
}

function poolSitesExist(parts: Parts, { path, value }: Pools): readonly Problem[] {
  const cells = parts.pieces(path, value, ["channel", "site"]);
  const keys = cells.map((pool) => ({ path: pool.path, value: `${pool.value.channel} in ${pool.value.site}` }));
  return [
    ...parts.leaves(path, value, "site").flatMap((site) => whyNotSite(parts, site, "serving")),
    ...repeated(keys, "A channel has one pool in a site: put the endpoints together."),
  ];
}

type Pools = Piece<ServiceConfig["pools"]>;

function poolChannelsExist(
  parts: Parts,
  { channels }: Pick<ServiceConfig, "channels">,
  pools: Pools | undefined,
): readonly Problem[] {
  const known = channels.map((channel) => channel.name);
  if (!pools) return [];
  return parts.leaves(pools.path, pools.value, "channel").flatMap((channel): readonly Problem[] => {
    if (known.includes(channel.value)) return [];
    const meant = nearest(channel.value, known);
    const hint = meant === undefined ? `Known: ${known.join(", ")}.` : `Did you mean ${meant}?`;
    return [{ path: channel.path, message: `there is no channel ${channel.value} in this service`, hint }];
  });
}

/** DNS is steered by the first channel, so a site without a pool of it could never be answered. */
function homesHavePools(
  parts: Parts,
  service: Piece<Pick<ServiceConfig, "channels" | "policy">>,
  pools: Pools | undefined,
): readonly Problem[] {
  const first = service.value.channels[0]?.name;
  if (!pools || parts.pieces(pools.path, pools.value, ["channel", "site"]).length < pools.value.length) return [];
  const served = pools.value.filter((pool) => pool.channel === first).map((pool) => pool.site);
  const policy = { path: `${service.path}.policy`, value: service.value.policy };
  return sitesIn(parts, policy)
    .filter(({ value }) => parts.roles?.get(value) === "serving" && !served.includes(value))
    .map(({ path, value }) => {
      const hint = `Add a pool for channel ${first} and site ${value}, or take the site out of the policy.`;
      return { path, message: `${value} has no pool of ${first}, the channel that steers DNS`, hint };
    });
}

/** Shares and weights are parts of their sum, so the sum can't be nothing. */
function sums(parts: Parts): readonly Problem[] {
  const { services } = parts.config;
  const isZero = (values: readonly number[]): boolean => values.reduce((sum, value) => sum + value, 0) === 0;
  const shares = parts
    .leaves("services", services, "policy")
    .filter(({ value }) => value.kind === "weighted" && isZero(value.sites.map((entry) => entry.share)))
    .map(({ path }) => ({
      path: `${path}.sites`,
      message: "the shares sum to zero",
      hint: "Give at least one site a share above zero.",
    }));
  const weights = parts
    .leaves("services", services, "channels")
    .filter(({ value }) => isZero(value.map((channel) => channel.weight)))
    .map(({ path }) => ({
      path,
      message: "the weights sum to zero",
      hint: "Give at least one channel a weight above zero.",
    }));
  return [...shares, ...weights];
}
