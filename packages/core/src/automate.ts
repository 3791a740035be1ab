import { keepSlots } from "./change-weights.ts";
import type { ServiceConfig } from "./config.ts";
import { addCause, ago, candidatesOf, type Draft, floorUnder, healthAt, serve, servedFor, setState } from "./draft.ts";
import { forgetMoves, hold, move } from "./move.ts";
import { shedBase } from "./move-base.ts";
import { isFrozen, overridesOf, pinOf } from "./override.ts";
import { overrideTurn } from "./override-turn.ts";
import { type Placement, samePlacement, sitesOf } from "./placement.ts";
import { assessPolicy } from "./policy/assess.ts";
import type { Assessment } from "./policy/assessment.ts";
import { homeOf } from "./policy/home.ts";
import { assessRamp, inSteps } from "./policy/ramp.ts";
import { forgive, quarantined, readmit } from "./quarantine.ts";
import { firstPercent, mixed } from "./ramp.ts";
import type { HeldBack, ServiceState } from "./world.ts";

export type Automated = { readonly assessment: Assessment; readonly held: HeldBack | undefined };

/** One service, one cycle: readmit, assess, ask the guards, move, and lay the overrides over the base. */
export function automate(draft: Draft, service: ServiceConfig): Automated {
  if (!draft.services[service.name]) placeFirst(draft, service);
  keepSlots(draft, service);
  if (!draft.isFailsafe) tidy(draft, service);
  const placed = placedNow(draft, service);
  const assessment = assess(draft, service, placed);
  const state = stateOf(draft, service);
  const isAsWanted = samePlacement(assessment.wanted, placed);
  const held =
    isAsWanted || (isTurning(draft, service) && assessment.cause?.kind === "failback")
      ? undefined
      : move(draft, service, { state, placed, assessment });
  const heldByFloor = serveBase(draft, service, assessment);
  return { assessment, held: held ?? heldByFloor };
}

/** What needs no decision, and can wait for the store. */
function tidy(draft: Draft, service: ServiceConfig): void {
  forgetMoves(draft, service);
  readmit(draft, service);
  forgive(draft, service);
  shed(draft, service);
}

/** An override came or went, and what is served follows in this cycle. Only then is it known what is away from home. */
const isTurning = (draft: Draft, service: ServiceConfig): boolean =>
  !samePlacement(servedFor(draft, service, { base: stateOf(draft, service).base }), stateOf(draft, service).served);

/** The state that `automate` has made sure of. */
function stateOf(draft: Draft, service: ServiceConfig): ServiceState {
  return draft.services[service.name] ?? { base: homeOf(service), served: homeOf(service), quarantine: [], moves: [] };
}

/** A new service starts at home, whatever its health: an answer that may be wrong beats none, and the next cycle mends it. */
function placeFirst(draft: Draft, service: ServiceConfig): void {
  const home = homeOf(service);
  setState(draft, service.name, { base: home, served: home, quarantine: [], moves: [] });
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

/** While overrides change what a ramp has come to, it rests, and what is served is judged like anything else. */
function assess(draft: Draft, service: ServiceConfig, placed: Placement): Assessment {
  const { isOperatorsChoice = false, ramp } = stateOf(draft, service);
  const { rampStepMs: stepMs } = draft.config.guards;
  const facts = { service, placed, candidates: candidatesOf(draft, service), isOperatorsChoice };
  if (ramp && samePlacement(placed, mixed(ramp.from, ramp.to, ramp.percent)))
    return assessRamp(facts, { ramp, stoodMs: ago(draft, service, ramp.since), stepMs });
  const assessment = assessPolicy(facts);
  return stepMs > 0 ? inSteps(assessment, facts, firstPercent) : assessment;
}

/** A site of the base that serves nobody now, being drained or kept out by a floor, and that is down, has been left. */
function shed(draft: Draft, service: ServiceConfig): void {
  const { ramp: _, ...state } = stateOf(draft, service);
  const overrides = overridesOf(draft.overrides, service.name);
  if (isFrozen(overrides) || pinOf(overrides)) return;
  const absent = sitesOf(state.base).filter((site) => !sitesOf(state.served).includes(site));
  const down = absent.filter((site) => healthAt(draft, service, site).kind === "down");
  if (down.length === 0) return;
  const base = shedBase(state, down);
  setState(draft, service.name, { ...state, base, ...quarantined(draft, service, down) });
}

/** Lays the overrides over the base. What changes here changes because an override came or went. */
function serveBase(draft: Draft, service: ServiceConfig, { situation }: Assessment): HeldBack | undefined {
  const state = stateOf(draft, service);
  const to = servedFor(draft, service, { base: state.base });
  if (samePlacement(to, state.served)) return undefined;
  const floor = floorUnder(draft, service, to);
  if (floor) return hold(draft, service, to, floor);
  serve(draft, service, { to, situation, ...overrideTurn(draft, service, ({ site }) => site !== undefined) });
  return undefined;
}
