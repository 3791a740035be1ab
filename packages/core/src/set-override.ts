import type { Command } from "./command.ts";
import { policySites, pooledChannels, type ServiceConfig } from "./config.ts";
import { type Draft, findService } from "./draft.ts";
import type { ChannelName } from "./model.ts";
import { isDrained, isExpired, type Override, overrideCommand, overridesOf, pinOf } from "./override.ts";
import { sitesOf } from "./placement.ts";
import { release, serveAsAsked } from "./rebase.ts";
import { belowFloor, invalid, notFound, overridden, type Refusal } from "./refusal.ts";

/** Sets an override and serves what it asks for, for every service it bears on or for none. */
export function setOverride(draft: Draft, command: Command, override: Override): Refusal | undefined {
  const refusal = whyNotSet(draft, override);
  if (refusal) return refusal;
  const replaced = draft.overrides.filter((entry) => isReplaced(entry, override));
  for (const { id } of replaced) draft.events.push({ kind: "override-ended", id, because: "replaced" });
  draft.overrides = [...draft.overrides.filter((entry) => !replaced.includes(entry)), override];
  draft.events.push({ kind: "override-set", override });
  for (const service of draft.config.services) {
    if (overridesOf([override], service.name).length === 0) continue;
    if (override.service !== undefined) release(draft, service, command.by);
    const refused = override.kind === "freeze" ? undefined : serveOverridden(draft, service, { command, override });
    if (refused) return refused;
  }
  return undefined;
}

function whyNotSet(draft: Draft, override: Override): Refusal | undefined {
  const { kind, site, channel } = override;
  if (isExpired(override, draft.now)) return invalid("the override would have expired already", "Give a later --for.");
  if (channel !== undefined && kind !== "pin") return invalid(`a ${kind} has no channel`, "Only a pin has one.");
  if (kind !== "freeze" && site === undefined && channel === undefined)
    return invalid(`a ${kind} needs a site`, "Name the site.");
  if (kind === "pin" && override.service === undefined) return invalid("a pin needs a service", "Name the service.");
  const service = override.service === undefined ? undefined : findService(draft, override.service);
  if (override.service !== undefined && !service) return notFound(`service ${override.service}`);
  const noChannel = service && channel !== undefined ? whyNotChannel(draft, service, channel) : undefined;
  if (noChannel || site === undefined) return noChannel;
  if (!draft.config.sites.some((entry) => entry.name === site)) return notFound(`site ${site}`);
  if (service && !policySites(service.policy).includes(site))
    return notFound(`site ${site} in the policy of ${service.name}`);
  return undefined;
}

function whyNotChannel(draft: Draft, service: ServiceConfig, channel: ChannelName): Refusal | undefined {
  if (!service.channels.some(({ name }) => name === channel)) return notFound(`channel ${channel} of ${service.name}`);
  if (draft.config.gateways.length === 0)
    return invalid(
      "no gateway is configured, and nothing else can hold users to a channel",
      "Configure gateways first.",
    );
  if (pooledChannels(service).includes(channel)) return undefined;
  return invalid(`${channel} has a pool in no site of the policy of ${service.name}`, "Add its pools first.");
}

/** One pin a service and thing pinned to, one drain a site, one freeze: setting another says that the earlier word is withdrawn. */
function isReplaced(earlier: Override, override: Override): boolean {
  if (earlier.id === override.id) return true;
  if (earlier.kind !== override.kind || earlier.service !== override.service) return false;
  if (override.kind !== "pin") return earlier.site === override.site;
  const both = (key: "site" | "channel"): boolean => earlier[key] !== undefined && override[key] !== undefined;
  return both("site") || both("channel");
}

function serveOverridden(
  draft: Draft,
  service: ServiceConfig,
  { command, override }: { command: Command; override: Override },
): Refusal | undefined {
  const { site = "" } = override;
  const refusal = serveAsAsked(draft, service, {
    command,
    cause: { kind: "operator", service: service.name, command: overrideCommand(override), by: command.by },
  });
  if (refusal || override.kind !== "drain") return refusal;
  const overrides = overridesOf(draft.overrides, service.name);
  const pin = pinOf(overrides);
  if (pin) return pin.site === site ? overridden(`${service.name} is pinned to ${site}`, pin.id) : undefined;
  // Draining all of them leaves the answer as it is, or even brings an earlier drained site back into it.
  const served = draft.services[service.name]?.served ?? { kind: "sorry" };
  const isDrainedServed = sitesOf(served).some((entry) => isDrained(overrides, entry));
  if (!isDrainedServed || command.overrideRules.includes("last-serving-site")) return undefined;
  const because = `${service.name}: no other site could take the traffic of ${site}`;
  return belowFloor("last-serving-site", because, "Bring another site up first.");
}
