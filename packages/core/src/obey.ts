import { applyConfig } from "./apply-config.ts";
import type { Ask, Command, CommandResult } from "./command.ts";
import { policySites, type ServiceConfig } from "./config.ts";
import { copyDraft, type Draft, findService, healthAt } from "./draft.ts";
import { sentence } from "./event.ts";
import { onSite, samePlacement, sitesOf } from "./placement.ts";
import { homeOf } from "./policy/home.ts";
import { firstPercent, mixed, type Ramp } from "./ramp.ts";
import { rebase, release } from "./rebase.ts";
import { belowFloor, notFound, nothingToDo, type Refusal } from "./refusal.ts";
import { setOverride } from "./set-override.ts";
import { setWeights } from "./set-weights.ts";

/** Carries out one operator's command on the draft, whole or not at all. Answers the draft to go on with. */
export function obey(draft: Draft, command: Command): { draft: Draft; result: CommandResult } {
  const scratch = copyDraft(draft);
  const refusal = carryOut(scratch, command);
  if (refusal) {
    const { code, because } = refusal;
    if (!command.isDryRun)
      draft.events.push({ kind: "refused", command: command.ask.kind, by: command.by, code, because });
    return { draft, result: refusal };
  }
  const lines = scratch.events.slice(draft.events.length).map(sentence);
  if (command.isDryRun) return { draft, result: { kind: "done", lines, sequences: [] } };
  return { draft: scratch, result: { kind: "done", lines, sequences: sequencesSince(draft, scratch) } };
}

/** The numbers that a command took: of its decisions, and of changes of weights, which are none. */
function sequencesSince(before: Draft, after: Draft): readonly number[] {
  const decided = after.decisions.slice(before.decisions.length).map(({ sequence }) => sequence);
  const weighed = after.events
    .slice(before.events.length)
    .flatMap((event) => (event.kind === "weights-set" ? event.sequence : []));
  return [...decided, ...weighed].sort((one, other) => one - other);
}

function carryOut(draft: Draft, command: Command): Refusal | undefined {
  const { ask } = command;
  switch (ask.kind) {
    case "failover": {
      const service = findService(draft, ask.service);
      if (!service) return notFound(`service ${ask.service}`);
      if (!policySites(service.policy).includes(ask.to))
        return notFound(`site ${ask.to} in the policy of ${service.name}`);
      return rebase(draft, service, { command, to: onSite(ask.to), words: `failover to ${ask.to}` });
    }
    case "failback":
      return failback(draft, command, ask);
    case "undo": {
      const service = findService(draft, ask.service);
      if (!service) return notFound(`service ${ask.service}`);
      const to = draft.services[service.name]?.undo;
      if (!to) return nothingToDo(`there is no operator's move of ${service.name} to undo`);
      return rebase(draft, service, { command, to, words: "undo" });
    }
    case "set-override":
      return setOverride(draft, command, ask.override);
    case "end-override":
      return endOverride(draft, command, ask.id);
    case "set-weights":
      return setWeights(draft, command, ask);
    case "apply-config":
      return draft.isFailsafe ? noStore : applyConfig(draft, command, ask);
    default:
      return ask satisfies never;
  }
}

const noStore: Refusal = {
  kind: "refused",
  code: "STORE_UNAVAILABLE",
  because: "the store is away, and a configuration changes only in it",
  hint: "Apply it when the store is back.",
};

/** What is served follows in the same cycle, by automation's last step, under the floors. */
function endOverride(draft: Draft, command: Command, id: string): Refusal | undefined {
  const ended = draft.overrides.find((entry) => entry.id === id);
  if (!ended) return notFound(`override ${id}`);
  draft.overrides = draft.overrides.filter((entry) => entry !== ended);
  draft.events.push({ kind: "override-ended", id, because: "undone" });
  const service = ended.service === undefined ? undefined : findService(draft, ended.service);
  if (service) release(draft, service, command.by);
  return undefined;
}

function failback(
  draft: Draft,
  command: Command,
  { service: name, inSteps }: Extract<Ask, { kind: "failback" }>,
): Refusal | undefined {
  if (name !== undefined && !findService(draft, name)) return notFound(`service ${name}`);
  const away = draft.config.services.filter((service) => {
    const state = draft.services[service.name];
    return (name === undefined || service.name === name) && state && !samePlacement(state.base, homeOf(service));
  });
  if (away.length === 0) return nothingToDo(name === undefined ? "every service is at home" : `${name} is at home`);
  for (const service of away) {
    const sick = sitesOf(homeOf(service)).find((site) => healthAt(draft, service, site).kind !== "healthy");
    if (sick !== undefined && !command.overrideRules.includes("healthy-home")) {
      const because = `${service.name}: ${sick} is ${healthAt(draft, service, sick).kind}`;
      const hint = "Wait until it is healthy, or name the rule: --override-rule healthy-home";
      return belowFloor("healthy-home", because, hint);
    }
    const ramp = inSteps ? rampHome(draft, service) : undefined;
    const to = ramp ? mixed(ramp.from, ramp.to, ramp.percent) : homeOf(service);
    const refusal = rebase(draft, service, { command, to, words: "failback", ...(ramp ? { ramp } : {}) });
    if (refusal) return refusal;
  }
  return undefined;
}

/** Undefined where there is nothing to share: the configuration wants no steps, or no site serves now. */
function rampHome(draft: Draft, service: ServiceConfig): Ramp | undefined {
  const state = draft.services[service.name];
  const from = state?.ramp?.from ?? state?.base;
  const isOn = draft.config.guards.rampStepMs > 0 && from?.kind === "sites";
  return isOn ? { from, to: homeOf(service), percent: firstPercent, since: draft.now } : undefined;
}
