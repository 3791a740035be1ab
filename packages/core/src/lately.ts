import { recentAges } from "./brake.ts";
import { agoMs } from "./cycle-clock.ts";
import type { ServiceName, SiteName } from "./model.ts";
import type { ServiceState, Watch } from "./world.ts";

/**
 * What has happened lately to all services together. The brakes on one service look at the others by it: worked out once a
 * cycle, since asking ten thousand services for each of ten thousand would stop the loop when it is needed most.
 */
export type Lately = {
  /** Sites that services left as down, and how long ago the last one did. Unit: milliseconds. */
  readonly left: Map<SiteName, number>;
  /** How long ago services were moved for another reason than evacuation. Unit: milliseconds. */
  readonly changed: Map<ServiceName, number>;
  /** The ages of those that the change budget counts, oldest first. */
  readonly recent: number[];
};

export function latelyOf(
  services: Readonly<Record<ServiceName, ServiceState>>,
  { clock }: Pick<Watch, "clock">,
): Lately {
  const [left, changed] = [new Map<SiteName, number>(), new Map<ServiceName, number>()];
  for (const [name, { quarantine, changedAt }] of Object.entries(services)) {
    for (const { site, since, because } of quarantine)
      if (because === "down")
        left.set(site, Math.min(left.get(site) ?? Number.POSITIVE_INFINITY, agoMs(clock, name, since)));
    if (changedAt !== undefined) changed.set(name, agoMs(clock, name, changedAt));
  }
  return { left, changed, recent: recentAges([...changed.values()]) };
}

/** A service has just been moved for another reason than evacuation. */
export function noteChanged({ changed, recent }: Lately, service: ServiceName): void {
  changed.set(service, 0);
  recent.push(0);
}

/** The recent moves of all services but one. */
export function othersChanged({ changed, recent }: Lately, service: ServiceName): readonly number[] {
  if (!changed.has(service)) return recent;
  return recentAges([...changed].filter(([name]) => name !== service).map(([, ago]) => ago));
}
