import type { Cause } from "./cause.ts";
import { defaultChannel, type ServiceConfig } from "./config.ts";
import { addCause, candidatesOf, type Draft, healthAt, homeOf, serve, servedFor } from "./draft.ts";
import { recentMoves, whyNotBrake, whyNotFloor } from "./guard.ts";
import type { EpochMs, SiteName } from "./model.ts";
import { isFrozen, overridesOf } from "./override.ts";
import { type Placement, samePlacement, sitesOf } from "./placement.ts";
import type { Assessment } from "./policy/assessment.ts";
import { assessFailover } from "./policy/failover.ts";
import { assessWeighted } from "./policy/weighted.ts";
import { edgeKey, poolKey } from "./target.ts";
import type { Quarantine, ServiceState } from "./world.ts";

export type Automated = { readonly assessment: Assessment; readonly held: string | undefined };

/** One service, one cycle: readmit, assess, brake, move the base, lay the overrides over it, and keep the floors. */
export function automate(draft: Draft, service: ServiceConfig): Automated {
  if (!draft.services[service.name]) placeFirst(draft, service);
  readmit(draft, service);
  const assessment = assess(draft, service);
  const held = samePlacement(assessment.wanted, stateOf(draft, service).base)
    ? undefined
    : moveBase(draft, service, assessment);
  const heldByFloor = serveBase(draft, service, held ? undefined : assessment);
  return { assessment, held: held ?? heldByFloor };
}

/** The state that `automate` has made sure of. */
function stateOf(draft: Draft, service: ServiceConfig): ServiceState {
  return draft.services[service.name] ?? { base: homeOf(service), served: homeOf(service), quarantine: [], moves: [] };
}

/** A new service starts at home, whatever its health: an answer that may be wrong beats none, and the next cycle mends it. */
function placeFirst(draft: Draft, service: ServiceConfig): void {
  const home = homeOf(service);
  draft.services[service.name] = { base: home, served: home, quarantine: [], moves: [] };
  addCause(draft, { kind: "config", revision: draft.configRevision });
}

function assess(draft: Draft, service: ServiceConfig): Assessment {
  const candidates = candidatesOf(draft, service);
  const healthySince: Record<SiteName, EpochMs> = {};
  for (const { health } of candidates) {
    const since = healthySinceAt(draft, service, health.site);
    if (since !== undefined) healthySince[health.site] = since;
  }
  const facts = { service, base: stateOf(draft, service).base, candidates, healthySince, now: draft.now };
  return service.policy.kind === "failover" ? assessFailover(facts) : assessWeighted(facts);
}

/** Since when edge and pool have both been healthy, or undefined while they are not. */
function healthySinceAt(draft: Draft, service: ServiceConfig, site: SiteName): EpochMs | undefined {
  if (healthAt(draft, service, site).kind !== "healthy") return undefined;
  const keys = [edgeKey(site), poolKey(service.name, defaultChannel(service), site)];
  const dates = keys.flatMap((key) => draft.watch.verdicts[key]?.since ?? []);
  return Math.max(...dates) as EpochMs;
}

/** A quarantined site that has been healthy by quorum for long enough is a target again. That is not failback. */
function readmit(draft: Draft, service: ServiceConfig): void {
  const state = stateOf(draft, service);
  const clean = state.quarantine.filter((entry) => {
    const since = healthySinceAt(draft, service, entry.site);
    return since !== undefined && draft.now - Math.max(since, entry.since) >= draft.config.guards.readmitAfterMs;
  });
  if (clean.length === 0) return;
  draft.services[service.name] = { ...state, quarantine: state.quarantine.filter((entry) => !clean.includes(entry)) };
  for (const { site } of clean)
    draft.events.push({ kind: "readmitted", service: service.name, site, because: "clean-check-run" });
}

/** Moves the base as the policy wants it, or says which brake holds it back. */
function moveBase(draft: Draft, service: ServiceConfig, assessment: Assessment): string | undefined {
  const state = stateOf(draft, service);
  const overrides = overridesOf(draft.overrides, service.name);
  if (isFrozen(overrides))
    return hold(draft, service, { wanted: assessment.wanted, rule: "freeze", because: "an operator froze it" });
  if (overrides.some((entry) => entry.kind === "pin")) {
    return hold(draft, service, { wanted: assessment.wanted, rule: "pin", because: "an operator pinned it" });
  }
  const brake = assessment.isEvacuation ? undefined : whyNotBrake(state.moves, draft.now, draft.config.guards);
  if (brake) return hold(draft, service, { wanted: assessment.wanted, ...brake });
  const left = sitesOf(state.base).filter((site) => !sitesOf(assessment.wanted).includes(site));
  draft.services[service.name] = {
    ...state,
    base: assessment.wanted,
    moves: [...recentMoves(state.moves, draft.now), draft.now],
    quarantine: quarantined(draft, service, left),
  };
  return undefined;
}

/** Sites left as down or degraded may not come back by themselves. */
function quarantined(draft: Draft, service: ServiceConfig, left: readonly SiteName[]): readonly Quarantine[] {
  const before = stateOf(draft, service).quarantine;
  const added = left.flatMap((site): Quarantine[] => {
    const { kind } = healthAt(draft, service, site);
    if ((kind !== "down" && kind !== "degraded") || before.some((entry) => entry.site === site)) return [];
    draft.events.push({ kind: "quarantined", service: service.name, site, because: kind });
    return [{ site, since: draft.now, because: kind }];
  });
  return [...before, ...added];
}

/** Lays the overrides over the base. Without an assessment the base did not move, so it is an override that came or went. */
function serveBase(draft: Draft, service: ServiceConfig, assessment: Assessment | undefined): string | undefined {
  const state = stateOf(draft, service);
  const to = servedFor(draft, service, state.base);
  if (samePlacement(to, state.served)) return undefined;
  const floor = whyNotFloor({ from: state.served, to }, (site) => healthAt(draft, service, site).kind);
  if (floor) return hold(draft, service, { wanted: to, ...floor });
  const moved = assessment?.cause
    ? { cause: assessment.cause, because: assessment.because }
    : overrideTurn(draft, service);
  serve(draft, service, { to, situation: assessment?.situation ?? "serving-away", ...moved });
  return undefined;
}

/** The words for a change that came from an override and not from the base. */
function overrideTurn(draft: Draft, service: ServiceConfig): { cause: Cause; because: string } {
  const standing = overridesOf(draft.overrides, service.name).findLast((entry) => entry.kind !== "freeze");
  if (!standing)
    return {
      cause: { kind: "override-ended", service: service.name },
      because: "the override that kept it away has ended",
    };
  const command = `${standing.kind} ${standing.site ?? ""}`.trim();
  const because = `${standing.by} asked for ${command}: ${standing.reason}`;
  return { cause: { kind: "operator", service: service.name, command, by: standing.by }, because };
}

/** Says once, not each cycle, what is held back and by which rule. */
function hold(
  draft: Draft,
  service: ServiceConfig,
  what: { wanted: Placement; rule: string; because: string },
): string {
  if (!draft.watch.held[service.name]?.startsWith(`${what.rule}:`))
    draft.events.push({ kind: "held", service: service.name, ...what });
  return `${what.rule}: ${what.because}`;
}
