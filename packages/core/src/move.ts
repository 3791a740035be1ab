import {
  type Braked,
  hourMs,
  isLatching,
  whyNotAgain,
  whyNotBudget,
  whyNotCapacity,
  whyNotCommonMode,
  whyNotSecondSite,
} from "./brake.ts";
import { defaultChannel, type ServiceConfig } from "./config.ts";
import { ago, type Draft, floorUnder, healthAt, latelyIn, serve, servedFor, setState } from "./draft.ts";
import type { WhyNot } from "./guard.ts";
import { noteChanged, othersChanged } from "./lately.ts";
import { gaining, isReckoned, loadsOf } from "./load.ts";
import { type EpochMs, epochMs } from "./model.ts";
import { moveBase } from "./move-base.ts";
import { isFrozen, overridesOf, pinOf } from "./override.ts";
import { type Placement, sitesOf } from "./placement.ts";
import type { Assessment } from "./policy/assessment.ts";
import { quarantined } from "./quarantine.ts";
import { suspicionMs, whyNotSuspected } from "./suspicion.ts";
import type { HeldBack, ServiceState } from "./world.ts";

type Move = { readonly state: ServiceState; readonly placed: Placement; readonly assessment: Assessment };

/** Moves as the policy wants it, or says which guard holds it back. */
export function move(draft: Draft, service: ServiceConfig, want: Move): HeldBack | undefined {
  const { placed, assessment, state } = want;
  const { wanted, situation, because, cause = { kind: "rebalance", service: service.name } } = assessment;
  const brake = whyNotMove(draft, service, want);
  if (brake) return hold(draft, service, wanted, brake);
  const overrides = overridesOf(draft.overrides, service.name);
  const base = moveBase({ base: state.base, wanted }, overrides, service.policy);
  const to = servedFor(draft, service, { base, standby: wanted });
  const floor = floorUnder(draft, service, to);
  if (floor) return hold(draft, service, to, floor);
  const { isOperatorsChoice: _choice, ramp: _ramp, ...rest } = state;
  const left = sitesOf(placed).filter((site) => !sitesOf(wanted).includes(site));
  setState(draft, service.name, {
    ...rest,
    base,
    ...quarantined(draft, service, left),
    ...(assessment.isStep ? {} : counted(draft, service, want)),
    ...(assessment.ramp ? { ramp: { ...assessment.ramp, since: draft.now } } : {}),
  });
  serve(draft, service, { to, situation, cause, because });
  return undefined;
}

/** The brakes, operators' first. To evacuation only a freeze, a pin, the brake on a second site and a suspicion apply. */
function whyNotMove(draft: Draft, service: ServiceConfig, want: Move): Braked | undefined {
  const { assessment, state } = want;
  const overrides = overridesOf(draft.overrides, service.name);
  if (isFrozen(overrides)) return { rule: "freeze", because: "an operator froze it" };
  if (pinOf(overrides)) return { rule: "pin", because: "an operator pinned it" };
  if (draft.isFailsafe && assessment.cause?.kind !== "evacuate")
    return { rule: "failsafe", because: "the store is away: until it is back, only a site that is down is left" };
  if (assessment.isEvacuation) return whyNotLeave(draft, service, want) ?? whyNotThere(draft, service, want);
  const isLeaving = assessment.cause?.kind === "leave-degraded";
  const of = { service: service.name, channel: defaultChannel(service), isLeaving };
  const common = whyNotCommonMode(draft.watch.blamed, of);
  if (common || assessment.isStep) return common ?? whyNotRoom(draft, service, want);
  const agesMs = state.moves.map((at) => ago(draft, service, at));
  const isLatched = state.latchedAt !== undefined;
  const { guards, services } = draft.config;
  return (
    whyNotAgain({ agesMs, isLatched }, guards) ??
    whyNotBudget(othersChanged(latelyIn(draft), service.name), services.length, guards) ??
    whyNotRoom(draft, service, want) ??
    whyNotThere(draft, service, want)
  );
}

function whyNotLeave(draft: Draft, service: ServiceConfig, { assessment, placed }: Move): Braked | undefined {
  const { cause, situation } = assessment;
  if (cause?.kind !== "evacuate" || situation === "failback-stopped") return undefined;
  const answered = sitesOf(placed).map((site) => healthAt(draft, service, site).kind);
  return whyNotSecondSite(cause.site, latelyIn(draft).left, answered);
}

/** Of the sites that it would newly go to, whether one has just begun to fail. */
function whyNotThere(draft: Draft, service: ServiceConfig, { assessment, placed }: Move): Braked | undefined {
  const already = sitesOf(placed);
  const doubts = sitesOf(assessment.wanted).flatMap((site) => {
    const { suspectedForMs } = already.includes(site) ? {} : healthAt(draft, service, site);
    return suspectedForMs === undefined ? [] : [{ site, suspectedForMs }];
  });
  if (doubts.length === 0) return undefined;
  const heldMs = suspicionMs(draft.config, service);
  return doubts.map(({ site, suspectedForMs }) => whyNotSuspected(site, suspectedForMs, heldMs)).find(Boolean);
}

function whyNotRoom(draft: Draft, service: ServiceConfig, { placed, assessment }: Move): Braked | undefined {
  if (!isReckoned(draft.config, service)) return undefined;
  draft.loads ??= loadsOf(draft.config, draft.services);
  return whyNotCapacity(gaining(draft.config, service, { from: placed, to: assessment.wanted, loads: draft.loads }));
}

/** What a move adds to the accounts of the brakes, and the latch that it may bring. */
function counted(
  draft: Draft,
  service: ServiceConfig,
  { state, assessment }: Move,
): Pick<ServiceState, "moves" | "latchedAt" | "changedAt"> {
  const at = undated(draft.now, state.moves);
  const moves = [...state.moves, at];
  const agesMs = moves.map((date) => ago(draft, service, date));
  const isNewlyLatched = state.latchedAt === undefined && isLatching(agesMs, draft.config.guards);
  if (isNewlyLatched) draft.events.push({ kind: "latched", service: service.name, moves: moves.length });
  if (!assessment.isEvacuation) noteChanged(latelyIn(draft), service.name);
  return {
    moves,
    ...(isNewlyLatched ? { latchedAt: draft.now } : {}),
    ...(assessment.isEvacuation ? {} : { changedAt: at }),
  };
}

/** A clock that stepped back may come to a date that a move has already, and each has an age of its own. */
const undated = (now: EpochMs, moves: readonly EpochMs[]): EpochMs =>
  moves.includes(now) ? epochMs(Math.max(...moves) + 1) : now;

/** Moves that no brake counts any more are forgotten. */
export function forgetMoves(draft: Draft, service: ServiceConfig): void {
  const state = draft.services[service.name];
  if (!state || (state.moves.length === 0 && state.changedAt === undefined)) return;
  const isRecent = (at: EpochMs): boolean => ago(draft, service, at) < hourMs;
  const { changedAt, ...rest } = state;
  const isChangeOld = changedAt !== undefined && !isRecent(changedAt);
  if (state.moves.every(isRecent) && !isChangeOld) return;
  const moves = state.moves.filter(isRecent);
  setState(draft, service.name, { ...rest, moves, ...(isChangeOld || changedAt === undefined ? {} : { changedAt }) });
}

/** Says once, not each cycle, what is held back and by which rule. */
export function hold(draft: Draft, service: ServiceConfig, wanted: Placement, why: WhyNot<string>): HeldBack {
  const { rule, because, leftMs } = why;
  if (draft.watch.held[service.name]?.rule !== rule)
    draft.events.push({ kind: "held", service: service.name, wanted, rule, because });
  return { rule, because, ...(leftMs === undefined ? {} : { until: epochMs(draft.now + leftMs) }) };
}
