import { type Config, defaultChannel, type ServiceConfig } from "./config.ts";
import type { Opinion, SiteName } from "./model.ts";
import { edgeKey, poolKey, type TargetKey } from "./target.ts";
import { noVerdict, type Verdict } from "./verdict.ts";
import type { VerdictState } from "./world.ts";

/** How fit a site is to serve one service: the worse of its edge and its default channel's pool. */
export type SiteHealth = {
  readonly site: SiteName;
  readonly kind: Opinion;
  readonly because: Verdict["because"];
  /** The target that decided it. */
  readonly target: TargetKey;
};

const badness = { healthy: 0, degraded: 1, unknown: 2, down: 3 } as const satisfies Record<Opinion, number>;

export function siteHealth(
  config: Config,
  service: ServiceConfig,
  of: { readonly site: SiteName; readonly verdicts: Readonly<Record<TargetKey, VerdictState>> },
): SiteHealth {
  const hasEdge = config.sites.some((entry) => entry.name === of.site && entry.edge !== undefined);
  const keys = [...(hasEdge ? [edgeKey(of.site)] : []), poolKey(service.name, defaultChannel(service), of.site)];
  const each = keys.map((target) => ({ target, verdict: of.verdicts[target]?.verdict ?? noVerdict }));
  const worst = each.reduce((one, other) => (badness[other.verdict.kind] > badness[one.verdict.kind] ? other : one));
  return { site: of.site, kind: worst.verdict.kind, because: worst.verdict.because, target: worst.target };
}
