import type { EpochMs, ServiceName, SiteName } from "./model.ts";
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
  readonly setAt: EpochMs;
  readonly until: EpochMs;
  readonly by: string;
  readonly reason: string;
};

export const isExpired = (override: Override, now: EpochMs): boolean => now >= override.until;

/** The overrides that bear on one service. */
export function overridesOf(overrides: readonly Override[], service: ServiceName): readonly Override[] {
  return overrides.filter((override) => override.service === undefined || override.service === service);
}

export const isFrozen = (overrides: readonly Override[]): boolean => overrides.some((entry) => entry.kind === "freeze");

export const isDrained = (overrides: readonly Override[], site: SiteName): boolean =>
  overrides.some((entry) => entry.kind === "drain" && entry.site === site);

/**
 * What is served when operators have spoken: a pin wins (the last one set), then drained sites lose their share to `standby`,
 * the sites that could take it in order of preference. Draining everything leaves the base as it is: never empty.
 */
export function overlay(base: Placement, overrides: readonly Override[], standby: readonly SiteName[]): Placement {
  const pin = overrides.findLast((entry) => entry.kind === "pin");
  if (pin?.site) return onSite(pin.site);
  if (base.kind !== "sites") return base;
  const kept = base.shares.filter((entry) => !isDrained(overrides, entry.site));
  if (kept.length === base.shares.length) return base;
  if (kept.length > 0) return { kind: "sites", shares: kept };
  const next = standby.find((site) => !isDrained(overrides, site));
  return next ? onSite(next) : base;
}
