import type { Config, ProbeConfig, TargetKey } from "@sluice/core";
import { edgeKey, poolKey } from "@sluice/core";
import { type GuardRules, guardTarget } from "./guard-target.ts";
import { lookGrpc } from "./probes/grpc.ts";
import { lookHttp } from "./probes/http.ts";
import { type Attempt, failed, type LookOptions, type LookResult, messageOf, timeLook } from "./probes/look.ts";
import { lookModel } from "./probes/model.ts";
import { lookTcp } from "./probes/tcp.ts";

/** What an agent needs to know to look at one target. */
export type LookPlan = {
  readonly key: TargetKey;
  readonly endpoints: readonly string[];
  readonly endpointsUpMin: number;
  readonly probe: ProbeConfig;
};

/** One plan for each target of `configuredTargets`. An edge is up by any one of its endpoints. */
export function lookPlans(config: Config): readonly LookPlan[] {
  const edges = config.sites.flatMap((site) =>
    site.edge ? [{ key: edgeKey(site.name), ...site.edge, endpointsUpMin: 1 }] : [],
  );
  const pools = config.services.flatMap((service) =>
    service.pools.map((pool) => ({ ...pool, key: poolKey(service.name, pool.channel, pool.site) })),
  );
  return [...edges, ...pools];
}

/** Looks at all endpoints in parallel; well as soon as `endpointsUpMin` of them are. Never throws. */
export async function lookAtTarget(plan: LookPlan, rules: GuardRules, options: LookOptions): Promise<LookResult> {
  const enough = new AbortController();
  const signal = AbortSignal.any([options.signal, enough.signal]);
  const { promise, resolve } = Promise.withResolvers<LookResult>();
  const failures: string[] = [];
  let up = 0;
  for (const endpoint of plan.endpoints) {
    void lookAtEndpoint(endpoint, plan.probe, { rules, options: { ...options, signal } }).then((result) => {
      if (result.kind === "ok") up += 1;
      else failures.push(`${endpoint}: ${result.because}`);
      if (result.kind === "ok" && up >= plan.endpointsUpMin) resolve(result);
      else if (up + failures.length === plan.endpoints.length) resolve(failed(failures[0] ?? "too few endpoints"));
    });
  }
  if (plan.endpoints.length === 0) resolve(failed("no endpoints"));
  const result = await promise;
  enough.abort();
  return result;
}

type EndpointLook = { readonly rules: GuardRules; readonly options: LookOptions };

/** One endpoint: resolved, guarded, pinned, probed. The deadline covers the resolving too. */
export async function lookAtEndpoint(endpoint: string, probe: ProbeConfig, look: EndpointLook): Promise<LookResult> {
  const startedAt = performance.now();
  const expired = Promise.withResolvers<never>();
  const timer = setTimeout(() => expired.reject(new Error("name not resolved in time")), look.options.deadlineMs);
  try {
    const guarded = await Promise.race([guardTarget(endpoint, look.rules), expired.promise]);
    if (guarded.kind === "refused") return failed(guarded.because);
    const deadlineMs = Math.max(1, Math.round(look.options.deadlineMs - (performance.now() - startedAt)));
    return await timeLook(guarded.pinned, { ...look.options, deadlineMs }, attemptOf(probe));
  } catch (error) {
    return failed(messageOf(error));
  } finally {
    clearTimeout(timer);
  }
}

function attemptOf(probe: ProbeConfig): Attempt {
  switch (probe.kind) {
    case "http":
      return lookHttp(probe);
    case "tcp":
      return lookTcp;
    case "grpc":
      return lookGrpc(probe);
    case "model":
      return lookModel(probe);
    default:
      return probe satisfies never;
  }
}
