import { isIP } from "node:net";
import type { Config, ProbeConfig, TargetKey } from "@sluice/core";
import { edgeKey, poolKey } from "@sluice/core";
import { type GuardRules, guardTarget } from "./guard-target.ts";
import { lookGrpc } from "./probes/grpc.ts";
import { lookHttp } from "./probes/http.ts";
import { type Attempt, failed, type LookOptions, type LookResult, timeLook } from "./probes/look.ts";
import { lookMetric } from "./probes/metric.ts";
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

/** Made once: an abort without a reason makes a new exception, stack and all, for each look. */
const settled = new Error("the target's look is over");

/** The share of the deadline after which endpoints that were held back are looked at too. */
const patience = 0.1;

/**
 * Well as soon as `endpointsUpMin` of the endpoints are. Only so many are looked at first; each failure brings one more, and
 * when they are slow, all. So a pool at rest isn't asked more than needed, and a silent one costs no more than the deadline.
 * Never throws.
 */
export async function lookAtTarget(plan: LookPlan, rules: GuardRules, options: LookOptions): Promise<LookResult> {
  const { promise, resolve } = Promise.withResolvers<LookResult>();
  const { endpoints, endpointsUpMin } = plan;
  const startedAt = performance.now();
  const enough = new AbortController();
  const cut = (): void => enough.abort(settled);
  options.signal.addEventListener("abort", cut, { once: true });
  if (options.signal.aborted) cut();
  const failures: (string | undefined)[] = [];
  let [begun, up, down] = [0, 0, 0];
  let unclear: LookResult | undefined;

  function begin(): void {
    const index = begun;
    const endpoint = endpoints[index];
    if (endpoint === undefined) return;
    begun += 1;
    const deadlineMs = Math.max(1, Math.round(options.deadlineMs - (performance.now() - startedAt)));
    const look = { rules, options: { ...options, deadlineMs, signal: enough.signal } };
    void lookAtEndpoint(endpoint, plan.probe, look).then((result) => {
      if (result.kind === "ok") up += 1;
      else down += 1;
      if (result.kind === "failed") failures[index] = `${endpoint}: ${result.because}`;
      if (result.kind === "unclear") unclear ??= { kind: "unclear", because: `${endpoint}: ${result.because}` };
      if (result.kind === "ok" && up >= endpointsUpMin) resolve(result);
      else if (up + down === endpoints.length)
        resolve(unclear ?? failed(failures.find(Boolean) ?? "too few endpoints"));
      else if (result.kind !== "ok") begin();
    });
  }

  if (endpoints.length === 0) resolve(failed("no endpoints"));
  for (let count = 0; count < endpointsUpMin; count += 1) begin();
  const isHoldingBack = begun < endpoints.length;
  const timer = isHoldingBack ? setTimeout(() => endpoints.forEach(begin), options.deadlineMs * patience) : undefined;
  const result = await promise;
  clearTimeout(timer);
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
    case "metric":
      return lookMetric(probe);
    default:
      return probe satisfies never;
  }
}
