import type { ChannelName, EpochMs, ServiceName, SiteName } from "./model.ts";
import { onSite, type Placement } from "./placement.ts";

/**
 * An operator's word. It beats automation, survives restarts, always expires, and never destroys what is true: verdicts and
 * the placement that automation would choose are kept beside it.
 */
export type Override = {
  readonly id: string;
  readonly kind: "pin" | "drain" | "freeze";
  /** Absent: every service. A pin always names one. */
  readonly service?: ServiceName;
  /** The site pinned to, or drained. A freeze has none. */
  readonly site?: SiteName;
  /** The channel that a pin sends everybody to, beside or instead of a site. Only gateways can do that. */
  readonly channel?: ChannelName;
  readonly setAt: EpochMs;
  readonly until: EpochMs;
  readonly by: string;
  readonly reason: string;
};

/** As it is spoken of: `drain site-a`, `pin site-b channel stable`, `freeze`. */
export const overrideCommand = ({ kind, site, channel }: Pick<Override, "kind" | "site" | "channel">): string =>
  [kind, site, channel === undefined ? undefined : `channel ${channel}`].filter((word) => word !== undefined).join(" ");

export const isExpired = (override: Override, now: EpochMs): boolean => now >= override.until;

/** The overrides that bear on one service. */
export function overridesOf(overrides: readonly Override[], service: ServiceName): readonly Override[] {
  return overrides.filter((override) => override.service === undefined || override.service === service);
}

export const isFrozen = (overrides: readonly Override[]): boolean => overrides.some((entry) => entry.kind === "freeze");

export const isDrained = (overrides: readonly Override[], site: SiteName): boolean =>
  overrides.some((entry) => entry.kind === "drain" && entry.site === site);

/** The last pin to a site. */
export const pinOf = (overrides: readonly Override[]): Override | undefined =>
  overrides.findLast((entry) => entry.kind === "pin" && entry.site !== undefined);

/** The channel that everybody without a variant header goes to, of the last pin that names one. */
export const pinnedChannelOf = (overrides: readonly Override[]): ChannelName | undefined =>
  overrides.findLast((entry) => entry.kind === "pin" && entry.channel !== undefined)?.channel;

/** What operators' drains leave of a placement, or undefined when that is nothing. */
export function undrained(placement: Placement, overrides: readonly Override[]): Placement | undefined {
  const keep = (site: SiteName): boolean => !isDrained(overrides, site);
  switch (placement.kind) {
    case "sorry":
      return placement;
    case "open": {
      const sites = placement.sites.filter(keep);
      return sites.length > 0 ? { kind: "open", sites } : undefined;
    }
    case "sites": {
      const shares = placement.shares.filter((entry) => keep(entry.site));
      return shares.length > 0 ? { kind: "sites", shares } : undefined;
    }
    default:
      return placement satisfies never;
  }
}

/**
 * What is served when operators have spoken: a pin wins (the last one set), then drained sites lose their share, and when that
 * leaves nothing `standby` serves in their stead. Draining everything leaves the base as it is: never empty.
 */
export function overlay(base: Placement, overrides: readonly Override[], standby: Placement | undefined): Placement {
  const site = pinOf(overrides)?.site;
  if (site !== undefined) return onSite(site);
  return undrained(base, overrides) ?? standby ?? base;
}
