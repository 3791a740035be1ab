import type { Command, CommandResult } from "./command.ts";
import { policySites, type ServiceConfig } from "./config.ts";
import { addCause, copyDraft, type Draft, findService, healthAt, homeOf, serve, servedFor } from "./draft.ts";
import { whyNotElectorate } from "./electorate.ts";
import { sentence } from "./event.ts";
import { whyNotFloor } from "./guard.ts";
import type { Override } from "./override.ts";
import { isExpired, overridesOf } from "./override.ts";
import { formatPlacement, onSite, type Placement, samePlacement, sitesOf } from "./placement.ts";

type Refusal = Extract<CommandResult, { kind: "refused" }>;

/** Carries out one operator's command on the draft, whole or not at all. Answers the draft to go on with. */
export function obey(draft: Draft, command: Command): { draft: Draft; result: CommandResult } {
  const scratch = copyDraft(draft);
  const refusal = carryOut(scratch, command);
  if (refusal) {
    draft.events.push({
      kind: "refused",
      command: command.ask.kind,
      by: command.by,
      code: refusal.code,
      because: refusal.because,
    });
    return { draft, result: refusal };
  }
  const lines = scratch.events.slice(draft.events.length).map(sentence);
  const sequences = scratch.decisions.slice(draft.decisions.length).map((decision) => decision.sequence);
  return { draft: command.isDryRun ? draft : scratch, result: { kind: "done", lines, sequences } };
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
      return failback(draft, command, ask.service);
    case "undo": {
      const service = findService(draft, ask.service);
      if (!service) return notFound(`service ${ask.service}`);
      const to = draft.services[service.name]?.undo;
      if (!to) return nothing(`there is no operator's move of ${service.name} to undo`);
      return rebase(draft, service, { command, to, words: "undo" });
    }
    case "set-override":
      return setOverride(draft, command, ask.override);
    case "end-override": {
      if (!draft.overrides.some((entry) => entry.id === ask.id)) return notFound(`override ${ask.id}`);
      draft.overrides = draft.overrides.filter((entry) => entry.id !== ask.id);
      draft.events.push({ kind: "override-ended", id: ask.id, because: "undone" });
      return undefined;
    }
    case "apply-config":
      return applyConfig(draft, command, ask);
    default:
      return ask satisfies never;
  }
}

/** Puts a service's base somewhere on an operator's word, and readmits the sites it names. */
function rebase(
  draft: Draft,
  service: ServiceConfig,
  how: { command: Command; to: Placement; words: string },
): Refusal | undefined {
  const { command, to, words } = how;
  const state = draft.services[service.name];
  if (!state) return nothing(`${service.name} is not placed yet`);
  if (samePlacement(state.base, to)) return nothing(`${service.name} is already at ${formatPlacement(to)}`);
  const named = sitesOf(to);
  for (const { site } of state.quarantine.filter((entry) => named.includes(entry.site))) {
    draft.events.push({ kind: "readmitted", service: service.name, site, because: "operator" });
  }
  const quarantine = state.quarantine.filter((entry) => !named.includes(entry.site));
  draft.services[service.name] = { ...state, base: to, quarantine, undo: state.base };
  return serveAsAsked(draft, service, { command, words });
}

/** Publishes what base and overrides now come to, unless a floor forbids it and the command doesn't name that floor. */
function serveAsAsked(
  draft: Draft,
  service: ServiceConfig,
  how: { command: Command; words: string },
): Refusal | undefined {
  const { command, words } = how;
  const state = draft.services[service.name];
  if (!state) return undefined;
  const to = servedFor(draft, service, state.base);
  const floor = whyNotFloor({ from: state.served, to }, (site) => healthAt(draft, service, site).kind);
  if (floor && (floor.rule === "never-empty" || !command.overrideRules.includes(floor.rule))) {
    const hint = `If you are sure, name the rule: --override-rule ${floor.rule}`;
    return { kind: "refused", code: "FLOOR", because: `${service.name}: ${floor.because}`, rule: floor.rule, hint };
  }
  if (floor) {
    const { by, reason } = command;
    draft.events.push({ kind: "rule-overridden", service: service.name, rule: floor.rule, by, reason });
  }
  const cause = { kind: "operator", service: service.name, command: words, by: command.by } as const;
  serve(draft, service, { to, situation: "serving", cause, because: command.reason });
  return undefined;
}

function failback(draft: Draft, command: Command, name: string | undefined): Refusal | undefined {
  if (name !== undefined && !findService(draft, name)) return notFound(`service ${name}`);
  const away = draft.config.services.filter((service) => {
    const state = draft.services[service.name];
    return (name === undefined || service.name === name) && state && !samePlacement(state.base, homeOf(service));
  });
  if (away.length === 0) return nothing(name === undefined ? "every service is at home" : `${name} is at home`);
  for (const service of away) {
    const sick = sitesOf(homeOf(service)).find((site) => healthAt(draft, service, site).kind !== "healthy");
    if (sick !== undefined && !command.overrideRules.includes("healthy-home")) {
      const because = `${service.name}: ${sick} is ${healthAt(draft, service, sick).kind}`;
      const hint = "Wait until it is healthy, or name the rule: --override-rule healthy-home";
      return { kind: "refused", code: "FLOOR", because, rule: "healthy-home", hint };
    }
    const refusal = rebase(draft, service, { command, to: homeOf(service), words: "failback" });
    if (refusal) return refusal;
  }
  return undefined;
}

function setOverride(draft: Draft, command: Command, override: Override): Refusal | undefined {
  if (isExpired(override, draft.now)) {
    return {
      kind: "refused",
      code: "BODY_INVALID",
      because: "the override would have expired already",
      hint: "Give a later --for.",
    };
  }
  if (override.service !== undefined && !findService(draft, override.service))
    return notFound(`service ${override.service}`);
  if (override.site !== undefined && !draft.config.sites.some((site) => site.name === override.site))
    return notFound(`site ${override.site}`);
  draft.overrides = [...draft.overrides, override];
  draft.events.push({ kind: "override-set", override });
  if (override.kind === "freeze") return undefined;
  const words = `${override.kind} ${override.site ?? ""}`;
  for (const service of draft.config.services) {
    if (overridesOf([override], service.name).length === 0) continue;
    const drainsAll =
      override.kind === "drain" &&
      override.service !== undefined &&
      policySites(service.policy).every((site) => site === override.site);
    if (drainsAll) return notFound(`another site for ${service.name}`);
    const refusal = serveAsAsked(draft, service, { command, words });
    if (refusal) return refusal;
    const leaves = sitesOf(draft.services[service.name]?.served ?? { kind: "sorry" });
    if (
      override.kind === "drain" &&
      override.site &&
      leaves.includes(override.site) &&
      !command.overrideRules.includes("last-serving-site")
    ) {
      const because = `${service.name}: no other site could take the traffic of ${override.site}`;
      return {
        kind: "refused",
        code: "FLOOR",
        because,
        rule: "last-serving-site",
        hint: "Bring another site up first.",
      };
    }
  }
  return undefined;
}

function applyConfig(
  draft: Draft,
  command: Command,
  ask: Extract<Command["ask"], { kind: "apply-config" }>,
): Refusal | undefined {
  if (ask.revisionBefore !== draft.configRevision) {
    const because = `revision ${draft.configRevision} is in force, not ${ask.revisionBefore}`;
    return {
      kind: "refused",
      code: "CONFIG_STALE",
      because,
      hint: "Fetch the present configuration, make your change again and apply that.",
    };
  }
  const whyNot =
    draft.configRevision === 0 ? undefined : whyNotElectorate(draft.config.electorate, ask.config.electorate);
  if (whyNot) return { kind: "refused", code: "ELECTORATE_JUMP", because: whyNot, hint: "Apply one domain at a time." };
  if (ask.config.installation !== draft.config.installation) {
    return {
      kind: "refused",
      code: "DIVERGED",
      because: `this installation is ${draft.config.installation}`,
      hint: "Start another installation instead.",
    };
  }
  draft.config = ask.config;
  draft.configRevision += 1;
  const kept = Object.entries(draft.services).filter(([name]) => findService(draft, name));
  draft.services = Object.fromEntries(kept);
  addCause(draft, { kind: "config", revision: draft.configRevision });
  draft.events.push({ kind: "config-applied", revision: draft.configRevision, by: command.by });
  return undefined;
}

const notFound = (what: string): Refusal => ({ kind: "refused", code: "NOT_FOUND", because: `there is no ${what}` });
const nothing = (because: string): Refusal => ({ kind: "refused", code: "NOTHING_TO_DO", because });
