import type { Cause } from "./cause.ts";
import type { Command } from "./command.ts";
import type { ServiceConfig } from "./config.ts";
import { type Draft, floorUnder, serve, servedFor, setState } from "./draft.ts";
import { isDrained, overridesOf, pinOf } from "./override.ts";
import { formatPlacement, onSite, type Placement, samePlacement, sitesOf } from "./placement.ts";
import type { Ramp } from "./ramp.ts";
import { belowFloor, nothingToDo, overridden, type Refusal } from "./refusal.ts";

/** Puts a service's base somewhere on an operator's word, readmits the sites it names, and lifts the latch. */
export function rebase(
  draft: Draft,
  service: ServiceConfig,
  how: { command: Command; to: Placement; words: string; ramp?: Ramp },
): Refusal | undefined {
  const { command, to, words } = how;
  const state = draft.services[service.name];
  if (!state) return nothingToDo(`${service.name} is not placed yet`);
  const contrary = whyOverridden(draft, service, how.ramp?.to ?? to);
  if (contrary) return contrary;
  if (samePlacement(state.base, to) && samePlacement(state.served, to)) {
    if (state.latchedAt === undefined) return nothingToDo(`${service.name} is already at ${formatPlacement(to)}`);
    release(draft, service, command.by);
    return undefined;
  }
  const named = sitesOf(to);
  for (const { site } of state.quarantine.filter((entry) => named.includes(entry.site))) {
    draft.events.push({ kind: "readmitted", service: service.name, site, because: "operator" });
  }
  const { ramp: before, ...rest } = state;
  const undo = samePlacement(state.base, to) ? state.served : (before?.from ?? state.base);
  const ramp = how.ramp ? { ramp: how.ramp } : {};
  const quarantine = state.quarantine.filter((entry) => !named.includes(entry.site));
  setState(draft, service.name, { ...rest, base: to, quarantine, undo, isOperatorsChoice: true, ...ramp });
  release(draft, service, command.by);
  return serveAsAsked(draft, service, {
    command,
    cause: { kind: "operator", service: service.name, command: words, by: command.by },
  });
}

/** A move that a standing override would keep from being served is refused: it would look done and come as a surprise later. */
function whyOverridden(draft: Draft, service: ServiceConfig, to: Placement): Refusal | undefined {
  const overrides = overridesOf(draft.overrides, service.name);
  const pin = pinOf(overrides);
  if (pin && !samePlacement(to, onSite(pin.site ?? "")))
    return overridden(`${service.name} is pinned to ${pin.site}`, pin.id);
  const drain = overrides.find((entry) => entry.kind === "drain" && sitesOf(to).some((site) => site === entry.site));
  if (!drain || sitesOf(to).some((site) => !isDrained(overrides, site))) return undefined;
  return overridden(`${drain.site} is drained for ${service.name}`, drain.id);
}

/** An operator has looked: the moves so far no longer count, and automation is on again. */
export function release(draft: Draft, service: ServiceConfig, by: string): void {
  const state = draft.services[service.name];
  if (!state || state.latchedAt === undefined) return;
  const { latchedAt: _, ...rest } = state;
  setState(draft, service.name, { ...rest, moves: [] });
  draft.events.push({ kind: "released", service: service.name, by });
}

/** Publishes what base and overrides now come to, unless a floor forbids it and the command doesn't name that floor. */
export function serveAsAsked(
  draft: Draft,
  service: ServiceConfig,
  how: { command: Command; cause: Cause },
): Refusal | undefined {
  const { command, cause } = how;
  const state = draft.services[service.name];
  if (!state) return undefined;
  const to = servedFor(draft, service, { base: state.base });
  if (samePlacement(to, state.served)) return undefined;
  const floor = floorUnder(draft, service, to);
  if (floor?.rule === "never-empty")
    return belowFloor(floor.rule, `${service.name}: ${floor.because}`, "No site of it has an address.");
  if (floor && !command.overrideRules.includes(floor.rule))
    return belowFloor(floor.rule, `${service.name}: ${floor.because}`);
  if (floor) {
    const { by, reason } = command;
    draft.events.push({ kind: "rule-overridden", service: service.name, rule: floor.rule, by, reason });
  }
  serve(draft, service, { to, situation: "serving", cause, because: command.reason });
  return undefined;
}
