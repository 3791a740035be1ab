import { whyNotCapacity } from "./brake.ts";
import type { Cause } from "./cause.ts";
import type { Config, ServiceConfig } from "./config.ts";
import { defaultChannel, policySites } from "./config.ts";
import { serviceNamed } from "./config-index.ts";
import { agoMs } from "./cycle-clock.ts";
import type { Decision } from "./decision.ts";
import type { Event } from "./event.ts";
import { type FloorRule, type WhyNot, whyNotFloor } from "./guard.ts";
import { holdMs, timesLeft } from "./hold.ts";
import { type Lately, latelyOf } from "./lately.ts";
import { addLoad, gaining, isReckoned, loadsOf } from "./load.ts";
import type { EpochMs, ServiceName, SiteName } from "./model.ts";
import { isDrained, type Override, overlay, overridesOf, undrained } from "./override.ts";
import { onSite, type Placement, samePlacement } from "./placement.ts";
import { homeOf } from "./policy/home.ts";
import { bestTarget, type Candidate } from "./rank.ts";
import { type SiteHealth, siteHealth } from "./site-health.ts";
import type { SituationKind } from "./situation.ts";
import { countAddresses } from "./snapshot.ts";
import { valueOf } from "./table.ts";
import { poolKey } from "./target.ts";
import type { Durable, ServiceState, Watch } from "./world.ts";

/** The world while one step works on it. Local to the step: whoever calls `step` sees values in and values out. */
export type Draft = {
  config: Config;
  configRevision: number;
  /** Changed by `setState` only: it stays the world's own until something changes. */
  services: Readonly<Record<ServiceName, ServiceState>>;
  /** As the world had them. */
  readonly stood: Durable["services"];
  /** Services whose state was set. Undefined: `services` is still the world's. */
  touched: Set<ServiceName> | undefined;
  overrides: readonly Override[];
  sequence: number;
  decisions: Decision[];
  causes: Cause[];
  /** What `causes` holds, once one was added. */
  causeKeys?: Set<string>;
  events: Event[];
  /** The store is away. */
  isFailsafe?: boolean;
  readonly watch: Watch;
  readonly now: EpochMs;
  /** What has happened lately, once somebody has asked. */
  lately?: Lately;
  /** What each site carries, once somebody has asked. */
  loads?: Map<SiteName, number>;
};

export function openDraft(durable: Durable, watch: Watch, now: EpochMs): Draft {
  const { config, configRevision, overrides, sequence } = durable;
  return {
    config,
    configRevision,
    overrides,
    sequence,
    services: durable.services,
    stood: durable.services,
    touched: undefined,
    decisions: [],
    causes: [],
    events: [],
    watch,
    now,
  };
}

/** Copies the services before the first change: most cycles change none of ten thousand. */
export function setState(draft: Draft, name: ServiceName, state: ServiceState): void {
  if (!draft.touched) {
    draft.services = { ...draft.services };
    draft.touched = new Set();
  }
  (draft.services as Record<ServiceName, ServiceState>)[name] = state;
  draft.touched.add(name);
}

/** As it was before this cycle, and what has been noted since. */
export const latelyIn = (draft: Draft): Lately => (draft.lately ??= latelyOf(draft.stood, draft.watch));

/** Forgets the services that are no longer configured. */
export function dropServices(draft: Draft): void {
  draft.services = Object.fromEntries(Object.entries(draft.services).filter(([name]) => findService(draft, name)));
  draft.touched ??= new Set();
}

/** How long ago a date of a service's state was, by the cycle's time. Unit: milliseconds. */
export const ago = (draft: Draft, service: ServiceConfig, at: EpochMs): number =>
  agoMs(draft.watch.clock, service.name, at);

/** A copy to try things on; what is done to it is not done to the original. */
export const copyDraft = (draft: Draft): Draft => ({
  ...draft,
  ...(draft.touched ? { services: { ...draft.services }, touched: new Set(draft.touched) } : {}),
  decisions: [...draft.decisions],
  causes: [...draft.causes],
  ...(draft.causeKeys ? { causeKeys: new Set(draft.causeKeys) } : {}),
  events: [...draft.events],
});

export const findService = (draft: Draft, name: ServiceName): ServiceConfig | undefined =>
  serviceNamed(draft.config, name);

/** The policy's sites in order of preference, each with what speaks for and against it. */
export function candidatesOf(draft: Draft, service: ServiceConfig): readonly Candidate[] {
  const { quarantine = [], flaps } = draft.services[service.name] ?? {};
  const { failback } = service;
  const overrides = overridesOf(draft.overrides, service.name);
  return policySites(service.policy).map((site) => ({
    health: healthAt(draft, service, site),
    isQuarantined: quarantine.some((entry) => entry.site === site),
    isDrained: isDrained(overrides, site),
    hasTripped: valueOf(draft.watch.verdicts, poolKey(service.name, defaultChannel(service), site))?.trip !== undefined,
    hasRoom: hasRoom(draft, service, site),
    ...(failback.kind === "manual"
      ? {}
      : { failbackHoldMs: holdMs(failback.afterMs, timesLeft(flaps, site), draft.config.guards) }),
  }));
}

/** Whether a site can carry all of a service. Nothing is reckoned where no capacity and no load are declared. */
function hasRoom(draft: Draft, service: ServiceConfig, site: SiteName): boolean {
  if (!isReckoned(draft.config, service)) return true;
  draft.loads ??= loadsOf(draft.config, draft.services);
  const from = draft.services[service.name]?.served ?? homeOf(service);
  const sites = gaining(draft.config, service, { from, to: onSite(site), loads: draft.loads });
  return whyNotCapacity(sites) === undefined;
}

export const healthAt = (draft: Draft, service: ServiceConfig, site: SiteName): SiteHealth =>
  siteHealth(draft.config, service, { site, watch: draft.watch });

/**
 * What would be answered for `base` under the overrides as they stand. When they drain all of it, `standby` serves in its
 * stead; by default that is what is served already, so that a change of ranks moves nothing, and else the best that ranks.
 */
export function servedFor(
  draft: Draft,
  service: ServiceConfig,
  where: { base: Placement; standby?: Placement },
): Placement {
  const overrides = overridesOf(draft.overrides, service.name);
  const served = draft.services[service.name]?.served;
  const standby =
    where.standby ?? (served && undrained(served, overrides)) ?? bestStandby(candidatesOf(draft, service));
  return overlay(where.base, overrides, standby);
}

function bestStandby(candidates: readonly Candidate[]): Placement | undefined {
  const free = candidates.filter((entry) => !entry.isDrained);
  const best = bestTarget(free, "down")?.site ?? free[0]?.health.site;
  return best === undefined ? undefined : onSite(best);
}

/** Which floor forbids serving `to`, if any. */
export function floorUnder(draft: Draft, service: ServiceConfig, to: Placement): WhyNot<FloorRule> | undefined {
  const from = draft.services[service.name]?.served ?? to;
  const addresses = countAddresses(draft.config, service, to);
  return whyNotFloor({ from, to, addresses, healthOf: (site) => healthAt(draft, service, site).kind });
}

/** Writes a new served placement into the draft, as a decision with its number. */
export function serve(
  draft: Draft,
  service: ServiceConfig,
  change: {
    readonly to: Placement;
    readonly situation: SituationKind;
    readonly cause: Cause;
    readonly because: string;
  },
): void {
  const state = draft.services[service.name];
  if (!state || samePlacement(state.served, change.to)) return;
  draft.sequence += 1;
  const { to, situation, cause, because } = change;
  const decision: Decision = {
    sequence: draft.sequence,
    at: draft.now,
    service: service.name,
    situation,
    from: state.served,
    to,
    cause,
    because,
  };
  setState(draft, service.name, { ...state, served: to });
  if (draft.loads) addLoad(draft.loads, service, { from: state.served, to });
  draft.decisions.push(decision);
  addCause(draft, cause);
  draft.events.push({ kind: "decided", decision });
}

export function addCause(draft: Draft, cause: Cause): void {
  const key = JSON.stringify(cause);
  draft.causeKeys ??= new Set(draft.causes.map((entry) => JSON.stringify(entry)));
  if (draft.causeKeys.has(key)) return;
  draft.causeKeys.add(key);
  draft.causes.push(cause);
}
