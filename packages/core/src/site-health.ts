import { type Config, defaultChannel, type ServiceConfig } from "./config.ts";
import { indexOf } from "./config-index.ts";
import type { Opinion, SiteName } from "./model.ts";
import { valueOf } from "./table.ts";
import { poolKey, type TargetKey } from "./target.ts";
import { isAlarmOnly, noVerdict, type Verdict } from "./verdict.ts";
import { healthyForMs, type Watch } from "./world.ts";

/** How fit a site is to serve one service: the worse of its edge and its default channel's pool. */
export type SiteHealth = {
  readonly site: SiteName;
  readonly kind: Opinion;
  readonly because: Verdict["because"];
  /** The numbers of the site's own gateways, where they decided it. */
  readonly detail?: string;
  /** The target that decided it. */
  readonly target: TargetKey;
  /** How long edge and pool have both been healthy without a break. Unit: milliseconds, by the cycle's own time. */
  readonly healthyForMs: number;
  /** A majority has begun to see it fail, so long ago. Absent: it is healthy and nobody doubts it, or it isn't healthy. Unit: milliseconds. */
  readonly suspectedForMs?: number;
};

export function siteHealth(
  config: Config,
  service: ServiceConfig,
  of: { readonly site: SiteName; readonly watch: Pick<Watch, "verdicts" | "clock"> },
): SiteHealth {
  const { verdicts, clock } = of.watch;
  const index = indexOf(config);
  const keyed = index.steering.get(service.name)?.get(of.site) ?? [
    { key: poolKey(service.name, defaultChannel(service), of.site), place: undefined },
  ];
  // Ten thousand services ask some ten times each when a site is lost, and most ask of the configuration that was counted by.
  const isPlaced = verdicts.places === index.places;
  const states = keyed.map(({ key: target, place }) => {
    const state = isPlaced && place !== undefined ? verdicts.values[place] : valueOf(verdicts, target);
    return { target, state };
  });
  const each = states.map(({ target, state }) => ({ target, state, verdict: state?.verdict ?? noVerdict }));
  const worst = each.reduce((one, other) => (badness(other.verdict) > badness(one.verdict) ? other : one));
  const forMs = Math.min(...states.map(({ state }) => (state ? healthyForMs(state, clock.ranMs) : 0)));
  const doubts = states.flatMap(({ state }) => state?.suspectedAtMs ?? []);
  const isDoubted = worst.verdict.kind === "healthy" && doubts.length > 0;
  return {
    site: of.site,
    kind: worst.verdict.kind,
    because: worst.verdict.because,
    ...(worst.verdict.because === "own-traffic" && worst.state?.traffic ? { detail: worst.state.traffic.because } : {}),
    target: worst.target,
    healthyForMs: forMs,
    ...(isDoubted ? { suspectedForMs: clock.ranMs - Math.max(...doubts) } : {}),
  };
}

/** An alarm that moves nothing must not hide a degradation that does. */
function badness(verdict: Verdict): number {
  switch (verdict.kind) {
    case "healthy":
      return 0;
    case "degraded":
      return isAlarmOnly(verdict.because) ? 1 : 2;
    case "unknown":
      return 3;
    case "down":
      return 4;
    default:
      return verdict.kind satisfies never;
  }
}
