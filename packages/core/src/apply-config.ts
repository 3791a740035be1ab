import { carryWeights } from "./change-weights.ts";
import type { Ask, Command } from "./command.ts";
import { type Config, policySites, pooledChannels, type ServiceConfig } from "./config.ts";
import { serviceNamed } from "./config-index.ts";
import { addCause, type Draft, dropServices, setState } from "./draft.ts";
import { whyNotElectorate } from "./electorate.ts";
import type { ChannelName, SiteName } from "./model.ts";
import type { Override } from "./override.ts";
import { formatPlacement, type Placement, samePlacement, sitesOf } from "./placement.ts";
import { homeOf } from "./policy/home.ts";
import { serveAsAsked } from "./rebase.ts";
import { belowFloor, type Refusal } from "./refusal.ts";
import { countAddresses } from "./snapshot.ts";

type Apply = Extract<Ask, { kind: "apply-config" }>;

/**
 * Puts a new configuration in force. It never moves traffic off a site by itself: a service stays where it is as far as the
 * new policy knows the place, and a configuration that takes away the place a service is at is below the floor.
 */
export function applyConfig(draft: Draft, command: Command, ask: Apply): Refusal | undefined {
  const refusal = whyNotApply(draft, ask);
  if (refusal) return refusal;
  const before = draft.config;
  draft.config = ask.config;
  draft.configRevision += 1;
  addCause(draft, { kind: "config", revision: draft.configRevision });
  draft.events.push({ kind: "config-applied", revision: draft.configRevision, by: command.by });
  dropOverrides(draft);
  dropServices(draft);
  for (const service of draft.config.services) {
    const refused = carryOver(draft, service, command);
    if (refused) return refused;
    carryWeights(draft, service, { before, command });
  }
  return undefined;
}

function whyNotApply(draft: Draft, ask: Apply): Refusal | undefined {
  if (ask.revisionBefore !== draft.configRevision) {
    const because = `revision ${draft.configRevision} is in force, not ${ask.revisionBefore}`;
    const hint = "Fetch the present configuration, make your change again and apply that.";
    return { kind: "refused", code: "CONFIG_STALE", because, hint };
  }
  const before = draft.config;
  if (ask.config.installation !== before.installation) {
    const because = `this installation is ${before.installation}`;
    return { kind: "refused", code: "DIVERGED", because, hint: "Start another installation instead." };
  }
  const whyNot = draft.configRevision === 0 ? undefined : whyNotElectorate(before.electorate, ask.config.electorate);
  if (!whyNot) return undefined;
  return { kind: "refused", code: "ELECTORATE_JUMP", because: whyNot, hint: "Apply one domain at a time." };
}

/** Overrides of what is no longer configured end: they could come true for another thing of that name. */
function dropOverrides(draft: Draft): void {
  const gone = draft.overrides.filter((override) => isGone(draft.config, override));
  if (gone.length === 0) return;
  draft.overrides = draft.overrides.filter((override) => !gone.includes(override));
  for (const { id } of gone) draft.events.push({ kind: "override-ended", id, because: "config" });
}

function isGone(config: Config, { service, site, channel }: Override): boolean {
  const named = service === undefined ? undefined : serviceNamed(config, service);
  if (service !== undefined && !named) return true;
  if (channel !== undefined && named && !isPinnable(config, named, channel)) return true;
  if (site === undefined) return false;
  return named ? !policySites(named.policy).includes(site) : !config.sites.some((entry) => entry.name === site);
}

const isPinnable = (config: Config, service: ServiceConfig, channel: ChannelName): boolean =>
  config.gateways.length > 0 && pooledChannels(service).includes(channel);

/** One service into the new configuration, with its history as far as that speaks of sites that are still there. */
function carryOver(draft: Draft, service: ServiceConfig, command: Command): Refusal | undefined {
  const before = draft.services[service.name];
  if (!before) return whyNotAnswered(draft, service, homeOf(service));
  const { undo, ramp, ...state } = before;
  // A failback under way begins anew: nobody knows what its parts would come to under another policy.
  const settled = (placement: Placement): Placement =>
    ramp && samePlacement(placement, state.base) ? ramp.from : placement;
  const [base, served] = [reshape(settled(state.base), service), reshape(settled(state.served), service)];
  const isTaken = base === undefined || served === undefined;
  if (isTaken && !command.overrideRules.includes("last-serving-site")) {
    const at = formatPlacement(served ? state.base : state.served);
    const because = `${service.name} is at ${at}, which this configuration takes away`;
    return belowFloor("last-serving-site", because, "Move it first, or name the rule to send it to its new home.");
  }
  const sites = policySites(service.policy);
  const undoTo = undo && reshape(undo, service);
  setState(draft, service.name, {
    ...state,
    base: base ?? homeOf(service),
    quarantine: state.quarantine.filter((entry) => sites.includes(entry.site)),
    ...(undoTo ? { undo: undoTo } : {}),
  });
  const cause = { kind: "config", revision: draft.configRevision } as const;
  const refusal = serveAsAsked(draft, service, { command, cause });
  return refusal ?? whyNotAnswered(draft, service, draft.services[service.name]?.served ?? homeOf(service));
}

/** Where nothing moves the addresses may still have gone. */
function whyNotAnswered(draft: Draft, service: ServiceConfig, at: Placement): Refusal | undefined {
  if (countAddresses(draft.config, service, at) > 0) return undefined;
  return belowFloor("never-empty", `${service.name} would have no address`, "Give its sites addresses.");
}

/** A placement as the service's new policy can have it, or undefined when nothing of it is left. */
function reshape(placement: Placement, service: ServiceConfig): Placement | undefined {
  const { policy, allBad } = service;
  const kept = (sites: readonly SiteName[]): readonly SiteName[] =>
    sites.filter((site) => sitesOf(placement).includes(site));
  switch (placement.kind) {
    case "sorry":
      return allBad.kind === "sorry" ? placement : undefined;
    case "open": {
      const sites = kept(policySites(policy));
      return sites.length > 0 ? { kind: "open", sites } : undefined;
    }
    case "sites": {
      const home = homeOf(service);
      const shares =
        policy.kind === "weighted" && home.kind === "sites"
          ? home.shares.filter((entry) => kept([entry.site]).length > 0)
          : kept(policySites(policy))
              .slice(0, 1)
              .map((site) => ({ site, share: 1 }));
      return shares.length > 0 ? { kind: "sites", shares } : undefined;
    }
    default:
      return placement satisfies never;
  }
}
