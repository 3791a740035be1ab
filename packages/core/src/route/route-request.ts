import { type Asker, admitting, toTry } from "./admit.ts";
import type { CompiledChannel, CompiledRoute } from "./compile-route.ts";
import { type PoolViews, type RouteDecision, type RouteFacts, type SitesToTry, slotCount } from "./route.ts";
import { userOf } from "./user-of.ts";

/**
 * Where a request goes, and because of what. Requests and `explain` both ask here and nowhere else, so they agree.
 *
 *   a hop?             the channel that the other gateway chose, in this site and in no other
 *   a variant header?  its channel where that is served, else what the rule says: 503, or as everybody
 *   a pin?             the pinned channel, be it well or not: it is an operator's word
 *   everybody          the channel that owns the user's slot; without a user, that of a slot drawn by chance
 *
 * Then the sites: those that admit this asker, in the route's order. The users of a slot whose channel admits them nowhere go to
 * the default channel for as long; a drained site is tried after both. When nothing admits, the channel's own pools are tried
 * all the same, since an answer that a server gives is better than one that we make up.
 */
export function routeRequest(route: CompiledRoute, facts: RouteFacts, views: PoolViews): RouteDecision {
  const asker = { route, views, user: userOf(facts, route.affinityHeaders), chance: facts.chance };
  if (facts.hop !== undefined) return fromHop(asker, facts.hop.channel);
  const value = route.variant && facts.header(route.variant.header);
  return value === undefined || value === "" ? split(asker, false) : byVariant(asker, value);
}

/**
 * A channel that this gateway doesn't know, or has no pool for, is refused: the asking gateway knows what it asks for, may try
 * elsewhere, and must not get another channel's answer under its name. So is one for a pool that admits nobody: the asking gateway
 * has pools too, and nothing was done yet.
 */
function fromHop(asker: Asker, name: string): RouteDecision {
  const { route, views } = asker;
  const site = route.byName.get(name)?.local;
  if (site === undefined) return refuse(503, "no-pool", `${route.service} has no pool here for a channel passed on`);
  // A pool that gets only some of its users back has those of its own site to begin with.
  if (views.admits(route.service, name, site) === 0)
    return refuse(503, "no-pool", `${route.service} has no pool here that may serve ${name} now`);
  return { kind: "route", channel: name, because: "hop", user: asker.user, slot: undefined, sites: [site] };
}

/** A pool that admits a share of its users is dead to the others: whoever it keeps out waits for it, as the rule says. */
function byVariant(asker: Asker, value: string): RouteDecision {
  const { service, variant } = asker.route;
  const channel = variant?.channels.get(value);
  if (channel === undefined) {
    if (variant?.whenUnknown !== "refuse") return split(asker, false);
    return refuse(400, "variant-unknown", `${variant.header} names no variant of ${service}`);
  }
  const sites = admitting(asker, channel, "open") ?? admitting(asker, channel, "drained");
  if (sites !== undefined) {
    return { kind: "route", channel: channel.name, because: "variant", user: asker.user, slot: undefined, sites };
  }
  if (variant?.whenDead === "fallback") return split(asker, true);
  return refuse(503, "variant-unavailable", `${channel.name}, which the variant asks for, is served nowhere`);
}

/** Everybody's way. A pin to a channel without any pool binds nobody: there is nothing to pin to. */
function split(asker: Asker, isFallback: boolean): RouteDecision {
  const { pinned } = asker.route;
  const sites = pinned && sitesOf(asker, pinned);
  if (pinned === undefined || sites === undefined) return bySlot(asker, isFallback);
  const because = isFallback ? "variant-fallback" : "pin";
  return { kind: "route", channel: pinned.name, because, user: asker.user, slot: undefined, sites };
}

function bySlot(asker: Asker, isFallback: boolean): RouteDecision {
  const { route, user } = asker;
  const slot = slotOf(asker);
  const channel = route.channels[route.slots[slot] as number] as CompiledChannel;
  const found = admittedBySlot(asker, channel) ?? anyPool(asker, channel);
  if (found === undefined) return refuse(503, "no-pool", `${route.service} has no pool with endpoints`);
  const asOwner = user === undefined ? "unkeyed" : "slot";
  const because = found.channel === channel ? asOwner : "channel-dead";
  return {
    kind: "route",
    channel: found.channel.name,
    because: isFallback ? "variant-fallback" : because,
    user,
    slot,
    sites: found.sites,
  };
}

const slotOf = ({ route, user, chance }: Asker): number =>
  user === undefined ? Math.floor(chance * slotCount) : route.hash(user, route.salt) % slotCount;

type Found = { readonly channel: CompiledChannel; readonly sites: SitesToTry };

/** The slot's own channel before the default one, and what operators drained after both. */
function admittedBySlot(asker: Asker, own: CompiledChannel): Found | undefined {
  for (const among of ["open", "drained"] as const) {
    for (const channel of [own, asker.route.channels[0] as CompiledChannel]) {
      const sites = admitting(asker, channel, among);
      if (sites !== undefined) return { channel, sites };
    }
  }
  return undefined;
}

/** When nothing admits: the channel's own pools; if it has none, those of the default channel, or of any that has some. */
function anyPool(asker: Asker, own: CompiledChannel): Found | undefined {
  for (const channel of [own, ...asker.route.byName.values()]) {
    const sites = sitesOf(asker, channel);
    if (sites !== undefined) return { channel, sites };
  }
  return undefined;
}

/** The sites of a channel that is to serve whatever its state; undefined when it has no pool with endpoints. */
function sitesOf(asker: Asker, channel: CompiledChannel): SitesToTry | undefined {
  return admitting(asker, channel, "open") ?? admitting(asker, channel, "drained") ?? toTry(channel.lastResort);
}

type Refusal = Extract<RouteDecision, { kind: "refuse" }>;

function refuse(status: Refusal["status"], reason: Refusal["reason"], because: string): Refusal {
  return { kind: "refuse", status, reason, because };
}
