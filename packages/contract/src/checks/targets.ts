import { isIP } from "node:net";
import type { Problem, SiteConfig } from "@sluice/core";
import { touchesLoopback, whyForbiddenAddress } from "../address.ts";
import { splitEndpoint } from "../endpoint.ts";
import type { Parts, Piece } from "../parts.ts";
import { repeated } from "./repeated.ts";

/**
 * Probe targets that agents would refuse to reach (TARGET_FORBIDDEN). Only addresses can be judged here; a name is judged by
 * the agent, by what it resolves to, each time.
 */
export function targets(parts: Parts): readonly Problem[] {
  const { config } = parts;
  const pools = parts.within("services", config.services, "pools");
  const lists: readonly Piece<readonly string[]>[] = [
    ...parts.within("sites", config.sites, "edge").flatMap(edgeEndpoints),
    ...pools.flatMap(({ path, value }) => parts.within(path, value, "endpoints")),
    ...(Array.isArray(config.probes?.anchors) ? [{ path: "probes.anchors", value: config.probes.anchors }] : []),
  ];
  const tooMany = pools.flatMap(({ path, value }) =>
    parts
      .pieces(path, value, ["endpoints", "endpointsUpMin"])
      .filter((pool) => pool.value.endpointsUpMin > pool.value.endpoints.length)
      .map((pool) => ({
        path: `${pool.path}.endpointsUpMin`,
        message: `${pool.value.endpointsUpMin} of ${pool.value.endpoints.length} endpoints can never be up`,
        hint: "Lower endpointsUpMin, or add endpoints.",
      })),
  );
  const known = new Map<string, string | undefined>();
  return [
    ...lists.flatMap(({ path, value }) => {
      const endpoints = parts.entries(path, value);
      return [...endpoints.flatMap((endpoint) => forbidden(parts, endpoint, known)), ...twice(endpoints)];
    }),
    ...tooMany,
  ];
}

const edgeEndpoints = ({ path, value }: Piece<SiteConfig["edge"]>): readonly Piece<readonly string[]>[] =>
  value === undefined ? [] : [{ path: `${path}.endpoints`, value: value.endpoints }];

const twice = (endpoints: readonly Piece<string>[]): readonly Problem[] =>
  repeated(endpoints, "Name each endpoint once; a repeated one would count twice.", (text) => text.toLowerCase());

/** Many pools share a few hosts; `known` says what was found out of them. */
function forbidden(
  parts: Parts,
  { path, value }: Piece<string>,
  known: Map<string, string | undefined>,
): readonly Problem[] {
  const { host } = splitEndpoint(value) ?? { host: "" };
  if (isIP(host) === 0) return [];
  // While `allow` can't be read, loopback gets the benefit of the doubt; what nothing can allow is told all the same.
  const allow = parts.isSound("probes.allow") ? parts.config.probes.allow : ["127.0.0.0/8", "::1/128"];
  const because = known.has(host) ? known.get(host) : whyForbiddenAddress(host, allow);
  known.set(host, because);
  if (because === undefined) return [];
  const hint = because.startsWith("loopback")
    ? "Probe the site's public edge, or name the range in probes.allow."
    : "Probe the site's public edge. Nothing can allow this address.";
  return [{ path, message: `probes may not reach ${host}: ${because}`, hint }];
}

/** Ranges in `probes.allow` that open nothing. */
export function allowWarnings(parts: Parts): readonly Problem[] {
  const ranges = parts.entries("probes.allow", parts.config.probes?.allow);
  const hint = "Leave it out. Private addresses need no permission, and metadata or link-local ones get none.";
  return ranges
    .filter(({ value }) => !touchesLoopback(value))
    .map(({ path, value }) => ({ path, message: `${value} opens nothing: only loopback can be allowed`, hint }));
}
