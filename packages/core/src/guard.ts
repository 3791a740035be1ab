import type { Opinion, SiteName } from "./model.ts";
import { type Placement, sitesOf } from "./placement.ts";

/**
 * Guards answer "why not?". Floors hold against everybody, operators too, unless the request names the rule. Brakes (brake.ts)
 * hold automation back and yield to overrides and to evacuation.
 */
export const floorRules = ["never-empty", "last-serving-site"] as const;
export type FloorRule = (typeof floorRules)[number];

export type WhyNot<Rule extends string> = {
  readonly rule: Rule;
  readonly because: string;
  /** For how long yet, if nothing changes. Absent: until something changes. Unit: milliseconds. */
  readonly leftMs?: number;
};

/** How sure we are that a site serves. A change may not lower the best of what is served. */
const surety = { healthy: 2, degraded: 2, unknown: 1, down: 0 } as const satisfies Record<Opinion, number>;

export type FloorFacts = {
  readonly from: Placement;
  readonly to: Placement;
  /** How many addresses `to` would be answered with. */
  readonly addresses: number;
  readonly healthOf: (site: SiteName) => Opinion;
};

/**
 * The floors under a change of what is served. `never-empty` cannot be overridden: data planes would refuse it anyway. The
 * sorry address and failing open are what was configured for when nothing serves, so only the first floor is under them.
 */
export function whyNotFloor({ from, to, addresses, healthOf }: FloorFacts): WhyNot<FloorRule> | undefined {
  if (addresses === 0) return { rule: "never-empty", because: "the answer would be empty" };
  if (to.kind !== "sites") return undefined;
  const best = (sites: readonly SiteName[]): number => Math.max(-1, ...sites.map((site) => surety[healthOf(site)]));
  const after = best(sitesOf(to));
  if (after > surety.down && after >= best(sitesOf(from))) return undefined;
  const described = sitesOf(to)
    .map((site) => `${site} is ${healthOf(site)}`)
    .join(", ");
  return { rule: "last-serving-site", because: `it would take away the last serving site: ${described}` };
}
