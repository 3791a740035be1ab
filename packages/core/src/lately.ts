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
};

export function latelyOf(
  services: Readonly<Record<ServiceName, ServiceState>>,
  { clock }: Pick<Watch, "clock">,
): Lately {
  const lately: Lately = { left: new Map(), changed: new Map() };
  for (const [name, { quarantine, changedAt }] of Object.entries(services)) {
    for (const { site, since, because } of quarantine)
      if (because === "down")
        lately.left.set(site, Math.min(lately.left.get(site) ?? Number.POSITIVE_INFINITY, agoMs(clock, name, since)));
    if (changedAt !== undefined) lately.changed.set(name, agoMs(clock, name, changedAt));
  }
  return lately;
}
