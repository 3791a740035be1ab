import { keepSlots } from "./change-weights.ts";
import { defaultChannel, type ServiceConfig } from "./config.ts";
import { addCause, candidatesOf, type Draft, floorUnder, healthAt, homeOf, serve, servedFor } from "./draft.ts";
import {
  type BrakeRule,
  isLatching,
  recentMoves,
  type WhyNot,
  whyNotBrake,
  whyNotCommonMode,
  whyNotSecondSite,
} from "./guard.ts";
import type { SiteName } from "./model.ts";
import { moveBase, shedBase } from "./move-base.ts";
import { isFrozen, overridesOf, pinOf } from "./override.ts";
import { overrideTurn } from "./override-turn.ts";
import { type Placement, samePlacement, sitesOf } from "./placement.ts";
import type { Assessment } from "./policy/assessment.ts";
import { assessFailover } from "./policy/failover.ts";
import { assessWeighted } from "./policy/weighted.ts";
import type { Quarantine, ServiceState } from "./world.ts";

export type Automated = { readonly assessment: Assessment; readonly held: string | undefined };

/** One service, one cycle: readmit, assess, ask the guards, move, and lay the overrides over the base. */
export function automate(draft: Draft, service: ServiceConfig): Automated {
  if (!draft.services[service.name]) placeFirst(draft, service);
  keepSlots(draft, service);
  readmit(draft, service);
  shed(draft, service);
  const placed = placedNow(draft, service);
  const assessment = assess(draft, service, placed);
  const held = samePlacement(assessment.wanted, placed) ? undefined : move(draft, service, { placed, assessment });
  const heldByFloor = serveBase(draft, service, assessment);
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

/**
 * What automation answers for. A pin says everything about what is served, so under one automation goes on thinking about the
 * base. Otherwise it is what clients get: while a site is drained, the one that serves in its stead may fail too.
 */
function placedNow(draft: Draft, service: ServiceConfig): Placement {
  const { base, served } = stateOf(draft, service);
  return pinOf(overridesOf(draft.overrides, service.name)) ? base : served;
}

function assess(draft: Draft, service: ServiceConfig, placed: Placement): Assessment {
  const isOperatorsChoice = stateOf(draft, service).isOperatorsChoice === true;
  const facts = { service, placed, candidates: candidatesOf(draft, service), isOperatorsChoice };
  return service.policy.kind === "failover" ? assessFailover(facts) : assessWeighted(facts);
}

/**
 * A quarantined site that has been healthy by quorum for long enough is a target again. That is not failback. The time is the
 * cycle's own; the date only keeps an arbiter that saw another past from readmitting at once what was left a moment ago.
 */
function readmit(draft: Draft, service: ServiceConfig): void {
  const state = stateOf(draft, service);
  const { readmitAfterMs } = draft.config.guards;
  const clean = state.quarantine.filter(({ site, since }) => {
    const { kind, healthyForMs } = healthAt(draft, service, site);
    const isFresh = since <= draft.now && draft.now - since < readmitAfterMs;
    return kind === "healthy" && healthyForMs >= readmitAfterMs && !isFresh;
  });
  if (clean.length === 0) return;
  draft.services[service.name] = { ...state, quarantine: state.quarantine.filter((entry) => !clean.includes(entry)) };
  for (const { site } of clean)
    draft.events.push({ kind: "readmitted", service: service.name, site, because: "clean-check-run" });
}

/** A site of the base that serves nobody now, being drained or kept out by a floor, and that is down, has been left. */
function shed(draft: Draft, service: ServiceConfig): void {
  const state = stateOf(draft, service);
  const overrides = overridesOf(draft.overrides, service.name);
  if (isFrozen(overrides) || pinOf(overrides)) return;
  const absent = sitesOf(state.base).filter((site) => !sitesOf(state.served).includes(site));
  const down = absent.filter((site) => healthAt(draft, service, site).kind === "down");
  if (down.length === 0) return;
  const base = shedBase(state, down);
  draft.services[service.name] = { ...state, base, quarantine: quarantined(draft, service, down) };
}

type Move = { readonly placed: Placement; readonly assessment: Assessment };

/** Moves as the policy wants it, or says which guard holds it back. */
function move(draft: Draft, service: ServiceConfig, { placed, assessment }: Move): string | undefined {
  const { wanted, situation, because } = assessment;
  const brake = whyNotMove(draft, service, { placed, assessment });
  if (brake) return hold(draft, service, { wanted, ...brake });
  const { isOperatorsChoice: _, ...state } = stateOf(draft, service);
  const overrides = overridesOf(draft.overrides, service.name);
  const base = moveBase({ base: state.base, wanted }, overrides, service.policy);
  const to = servedFor(draft, service, { base, standby: wanted });
  const floor = floorUnder(draft, service, to);
  if (floor) return hold(draft, service, { wanted: to, ...floor });
  const left = sitesOf(placed).filter((site) => !sitesOf(wanted).includes(site));
  const moves = [...recentMoves(state.moves, draft.now), draft.now];
  draft.services[service.name] = {
    ...state,
    base,
    moves,
    quarantine: quarantined(draft, service, left),
    ...latch(draft, service, moves),
  };
  const cause = assessment.cause ?? { kind: "rebalance", service: service.name };
  serve(draft, service, { to, situation, cause, because });
  return undefined;
}

/** The brakes, operators' first. To evacuation only a freeze, a pin and the brake on a second site apply. */
function whyNotMove(draft: Draft, service: ServiceConfig, { placed, assessment }: Move): WhyNot<BrakeRule> | undefined {
  const overrides = overridesOf(draft.overrides, service.name);
  if (isFrozen(overrides)) return { rule: "freeze", because: "an operator froze it" };
  if (pinOf(overrides)) return { rule: "pin", because: "an operator pinned it" };
  if (!assessment.isEvacuation) {
    const of = { service: service.name, channel: defaultChannel(service) };
    const isLeaving = assessment.cause?.kind === "leave-degraded";
    const common = isLeaving ? whyNotCommonMode(draft.watch.blamed, of) : undefined;
    return common ?? whyNotBrake(stateOf(draft, service), draft.now, draft.config.guards);
  }
  if (assessment.cause?.kind !== "evacuate") return undefined;
  const left = Object.values(draft.services).flatMap((state) =>
    state.quarantine.filter((entry) => entry.because === "down"),
  );
  const answered = sitesOf(placed).map((site) => healthAt(draft, service, site).kind);
  return whyNotSecondSite(assessment.cause.site, left, { now: draft.now, answered });
}

/** The latch that this many moves bring. Says so once. */
function latch(
  draft: Draft,
  service: ServiceConfig,
  moves: ServiceState["moves"],
): Pick<ServiceState, "latchedAt"> | undefined {
  const { latchedAt } = stateOf(draft, service);
  if (latchedAt !== undefined || !isLatching(moves, draft.now, draft.config.guards)) return undefined;
  draft.events.push({ kind: "latched", service: service.name, moves: moves.length });
  return { latchedAt: draft.now };
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

/** Lays the overrides over the base. What changes here changes because an override came or went. */
function serveBase(draft: Draft, service: ServiceConfig, { situation }: Assessment): string | undefined {
  const state = stateOf(draft, service);
  const to = servedFor(draft, service, { base: state.base });
  if (samePlacement(to, state.served)) return undefined;
  const floor = floorUnder(draft, service, to);
  if (floor) return hold(draft, service, { wanted: to, ...floor });
  serve(draft, service, { to, situation, ...overrideTurn(draft, service, ({ site }) => site !== undefined) });
  return undefined;
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
