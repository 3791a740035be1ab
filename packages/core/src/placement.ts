import type { SiteName } from "./model.ts";

/** Where a service's traffic goes. Shares are relative whole numbers; a failover service has one site with share 1. */
export type Placement =
  | { readonly kind: "sites"; readonly shares: readonly SiteShare[] }
  /** Nothing ranks and the service fails open: all its sites in one answer. */
  | { readonly kind: "open"; readonly sites: readonly SiteName[] }
  /** Nothing ranks and the service asks for a configured address of its own. */
  | { readonly kind: "sorry" };

export type SiteShare = { readonly site: SiteName; readonly share: number };

export const onSite = (site: SiteName): Placement => ({ kind: "sites", shares: [{ site, share: 1 }] });

export function sitesOf(placement: Placement): readonly SiteName[] {
  switch (placement.kind) {
    case "sites":
      return placement.shares.map((entry) => entry.site);
    case "open":
      return placement.sites;
    case "sorry":
      return [];
    default:
      return placement satisfies never;
  }
}

export function samePlacement(one: Placement, other: Placement): boolean {
  return formatPlacement(one) === formatPlacement(other);
}

/** For sentences and comparisons: `site-a`, or `site-a 80, site-b 20`. */
export function formatPlacement(placement: Placement): string {
  switch (placement.kind) {
    case "sorry":
      return "the sorry address";
    case "open":
      return `all of ${placement.sites.join(", ")}`;
    case "sites": {
      const [only, ...more] = placement.shares;
      if (only && more.length === 0) return only.site;
      return placement.shares.map((entry) => `${entry.site} ${entry.share}`).join(", ");
    }
    default:
      return placement satisfies never;
  }
}
