import type { ServiceConfig } from "./config.ts";
import { ago, type Draft, healthAt, latelyIn, setState } from "./draft.ts";
import { flapped, forgetMs, holdMs, timesLeft } from "./hold.ts";
import type { SiteName } from "./model.ts";
import type { Quarantine, ServiceState } from "./world.ts";

type Kept = Pick<ServiceState, "quarantine" | "flaps">;

/** Sites left as down or degraded may not come back by themselves; each time that they are left again they wait for longer. */
export function quarantined(draft: Draft, service: ServiceConfig, left: readonly SiteName[]): Kept {
  const state = draft.services[service.name];
  let { quarantine = [], flaps } = state ?? {};
  for (const site of left) {
    const { kind } = healthAt(draft, service, site);
    if (kind !== "down" && kind !== "degraded") continue;
    const entry: Quarantine = { site, since: draft.now, because: kind };
    quarantine = [...quarantine.filter((other) => other.site !== site), entry];
    flaps = flapped(flaps, site);
    if (kind === "down") latelyIn(draft).left.set(site, 0);
    draft.events.push({ kind: "quarantined", service: service.name, site, because: kind });
  }
  return { quarantine, ...(flaps ? { flaps } : {}) };
}

/** How long a quarantined site must be healthy to be a target again. Unit: milliseconds. */
export const readmitMs = (
  { config: { guards }, services }: Pick<Draft, "config" | "services">,
  service: string,
  site: SiteName,
): number => holdMs(guards.readmitAfterMs, timesLeft(services[service]?.flaps, site), guards);

/**
 * A quarantined site that has been healthy by quorum for long enough is a target again. That is not failback. The time is the
 * cycle's own, since the site was left too: an arbiter that saw another past must not readmit at once what was left a moment ago.
 */
export function readmit(draft: Draft, service: ServiceConfig): void {
  const state = draft.services[service.name];
  if (!state || state.quarantine.length === 0) return;
  const clean = state.quarantine.filter(({ site, since }) => {
    const { kind, healthyForMs } = healthAt(draft, service, site);
    const neededMs = readmitMs(draft, service.name, site);
    return kind === "healthy" && Math.min(healthyForMs, ago(draft, service, since)) >= neededMs;
  });
  if (clean.length === 0) return;
  setState(draft, service.name, { ...state, quarantine: state.quarantine.filter((entry) => !clean.includes(entry)) });
  for (const { site } of clean)
    draft.events.push({ kind: "readmitted", service: service.name, site, because: "clean-check-run" });
}

/** The past of a site that has been well for long no longer counts against it. */
export function forgive(draft: Draft, service: ServiceConfig): void {
  const state = draft.services[service.name];
  if (!state?.flaps) return;
  const flaps = state.flaps.filter(({ site, times }) => {
    const { healthyForMs } = healthAt(draft, service, site);
    const isQuarantined = state.quarantine.some((entry) => entry.site === site);
    return isQuarantined || healthyForMs < forgetMs(service, times, draft.config.guards);
  });
  if (flaps.length === state.flaps.length) return;
  const { flaps: _, ...rest } = state;
  setState(draft, service.name, flaps.length > 0 ? { ...rest, flaps } : rest);
}
