import { isIP } from "node:net";
import type { Config, ProbeConfig, TargetKey } from "@sluice/core";
import { edgeKey, poolKey } from "@sluice/core";
import { type GuardRules, guardTarget } from "./guard-target.ts";
import { lookGrpc } from "./probes/grpc.ts";
import { lookHttp } from "./probes/http.ts";
import { type Attempt, failed, type LookOptions, type LookResult, timeLook } from "./probes/look.ts";
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
  const { promise, resolve } = Promise.withResolvers<LookResult>();
  const enough = new AbortController();
  const cut = (): void => enough.abort();
  options.signal.addEventListener("abort", cut, { once: true });
  if (options.signal.aborted) cut();
  const failures: string[] = [];
  let up = 0;
  for (const endpoint of plan.endpoints) {
    const look = { rules, options: { ...options, signal: enough.signal } };
    void lookAtEndpoint(endpoint, plan.probe, look).then((result) => {
      if (result.kind === "ok") up += 1;
      else failures.push(`${endpoint}: ${result.because}`);
      if (result.kind === "ok" && up >= plan.endpointsUpMin) resolve(result);
      else if (up + failures.length === plan.endpoints.length) resolve(failed(failures[0] ?? "too few endpoints"));
    });
  }
  if (plan.endpoints.length === 0) resolve(failed("no endpoints"));
  const result = await promise;
  options.signal.removeEventListener("abort", cut);
  cut();
  return result;
}

type EndpointLook = { readonly rules: GuardRules; readonly options: LookOptions };

/** One endpoint: resolved, guarded, pinned, probed. The deadline covers the resolving too. */
export async function lookAtEndpoint(endpoint: string, probe: ProbeConfig, look: EndpointLook): Promise<LookResult> {
  const { localAddress, ...options } = look.options;
  const family = isIP(localAddress ?? "");
  let isGuarded = false;
  const result = await timeLook(options, async (bounded) => {
    const guarded = await guardTarget(endpoint, { ...look.rules, family });
    isGuarded = true;
    if (guarded.kind === "refused") throw new Error(guarded.because);
    bounded.signal.throwIfAborted();
    // An IPv4 address can't be left for an IPv6 one; such a look goes by whatever way the system knows.
    const from = localAddress !== undefined && family === isIP(guarded.pinned.address) ? { localAddress } : {};
    return await attemptOf(probe)(guarded.pinned, { ...bounded, ...from });
  });
  return result.kind === "failed" && !isGuarded ? failed(`name not resolved: ${result.because}`) : result;
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
