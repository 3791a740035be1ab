import type { SiteName } from "./model.ts";

/** Where a service's traffic goes. Shares are relative whole numbers; a failover service has one site with share 1. */
export type Placement =
  | { readonly kind: "sites"; readonly shares: readonly SiteShare[] }
  /** Nothing ranks and the service asks for a configured address of its own. */
  | { readonly kind: "sorry" };

export type SiteShare = { readonly site: SiteName; readonly share: number };

export const onSite = (site: SiteName): Placement => ({ kind: "sites", shares: [{ site, share: 1 }] });

export const sitesOf = (placement: Placement): readonly SiteName[] =>
  placement.kind === "sites" ? placement.shares.map((entry) => entry.site) : [];

export function samePlacement(one: Placement, other: Placement): boolean {
  return formatPlacement(one) === formatPlacement(other);
}

/** For sentences and comparisons: `site-a`, or `site-a 80, site-b 20`. */
export function formatPlacement(placement: Placement): string {
  if (placement.kind === "sorry") return "the sorry address";
  const [only, ...more] = placement.shares;
  if (only && more.length === 0) return only.site;
  return placement.shares.map((entry) => `${entry.site} ${entry.share}`).join(", ");
}
