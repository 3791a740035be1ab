import type { EpochMs, SiteName } from "./model.ts";
import { type Placement, sitesOf } from "./placement.ts";

/**
 * A failback under way. Traffic goes home in parts, so that a site which is well while idle, and fails under load, fails for few.
 * It is expressed in the shares of the answers, which nameservers draw from whatever the policy.
 */
export type Ramp = {
  readonly from: Placement;
  readonly to: Placement;
  /** How much of the change has been made. Unit: percent. */
  readonly percent: number;
  /** When it came to that. */
  readonly since: EpochMs;
};

/** Unit: percent. 100 is no step of a ramp but its end. */
export const rampSteps = [1, 5, 20, 50] as const;

export const firstPercent = rampSteps[0];

/** The next step, 100 after the last. */
export const nextPercent = (percent: number): number => rampSteps.find((step) => step > percent) ?? 100;

/** The shares with so much of the change made: each site's part of `from` and of `to`, weighed. Unit of shares: percent. */
export function mixed(from: Placement, to: Placement, percent: number): Placement {
  if (from.kind !== "sites" || to.kind !== "sites" || percent >= 100) return to;
  const sites = [...new Set([...sitesOf(to), ...sitesOf(from)])];
  const shares = sites.map((site) => ({
    site,
    share: rounded(partOf(from, site) * (100 - percent) + partOf(to, site) * percent),
  }));
  return { kind: "sites", shares };
}

/** Which part of a service's traffic a site has. Unit: share, 0 to 1. */
export function partOf(placement: Placement, site: SiteName): number {
  if (placement.kind === "sorry") return 0;
  if (placement.kind === "open") return placement.sites.includes(site) ? 1 / placement.sites.length : 0;
  const sum = placement.shares.reduce((total, entry) => total + entry.share, 0);
  const share = placement.shares.find((entry) => entry.site === site)?.share ?? 0;
  return sum > 0 ? share / sum : 0;
}

/** Nobody who has a part loses it by rounding. */
const rounded = (percent: number): number => Math.max(percent > 0 ? 0.1 : 0, Math.round(percent * 10) / 10);

/** The sites that get more than they had: their traffic back. */
export const returning = ({ from, to }: Ramp): readonly SiteName[] =>
  sitesOf(to).filter((site) => partOf(to, site) > partOf(from, site));
