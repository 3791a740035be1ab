import type { Cause } from "./cause.ts";
import { compareFence, formatFence } from "./fence.ts";
import type { ServiceName } from "./model.ts";
import { coversSplit, same, settingsOf, splitOf } from "./route/route-change.ts";
import { whyNotRoute } from "./route/why-not-route.ts";
import type { ServiceSnapshot, Snapshot } from "./snapshot.ts";

/**
 * Whether a data plane takes a snapshot. The arbiter has held the same floors already; they are held a second time here,
 * since a guard in the process that is being guarded against is no guard.
 *
 *   other installation                  refuse  diverged
 *   fence older                         refuse  older-fence
 *   fence equal, same content           repeat
 *   fence equal, other content          refuse  equal-fence-other-content: two leaders, or a forgery
 *   epoch more than 1,000 ahead         refuse  epoch-jump: one bad number must not lock everybody out for ever
 *   a service without an answer, or gone
 *   though no configuration says so     refuse  empty-answer
 *   a route by which some user would
 *   have nowhere to go, or a route gone
 *   though no configuration says so     refuse  unroutable
 *   the zone, a host, a TTL, the gateways
 *   or the settings of a route changed
 *   though no configuration says so     refuse  change-budget
 *   more changed than the causes cover  refuse  change-budget
 *   else                                accept
 */
export type AcceptResult =
  | { readonly kind: "accept" }
  | { readonly kind: "repeat" }
  | {
      readonly kind: "refuse";
      readonly because:
        | "diverged"
        | "older-fence"
        | "equal-fence-other-content"
        | "epoch-jump"
        | "empty-answer"
        | "unroutable"
        | "change-budget";
      readonly detail: string;
    };

export const epochJumpMax = 1_000;
/** Share of services that may change in one snapshot whose causes don't cover them. One service may always change. */
const changedShareMax = 0.25;

export function acceptSnapshot(current: Snapshot | undefined, next: Snapshot): AcceptResult {
  const fenced = current && whyNotFence(current, next);
  if (fenced) return fenced;
  const empty = next.services.find((service) => totalAddresses(service) === 0);
  if (empty) return { kind: "refuse", because: "empty-answer", detail: `${empty.host} would have no address` };
  const unroutable = whyNotRoutes(next);
  if (unroutable) return unroutable;
  if (!current) return { kind: "accept" };
  const causes = causesSince(current, next);
  // A configuration may change everything: it was checked as a whole, and an operator applied it.
  if (causes.some((cause) => cause.kind === "config")) return { kind: "accept" };
  return (
    whyNotUnconfigured(current, next) ??
    whyNotRerouted(current, next) ??
    whyNotBudget(current, next, causes) ?? { kind: "accept" }
  );
}

function whyNotFence(current: Snapshot, next: Snapshot): AcceptResult | undefined {
  const detail = `current ${formatFence(current.fence)}, offered ${formatFence(next.fence)}`;
  switch (compareFence(next.fence, current.fence)) {
    case "foreign":
      return { kind: "refuse", because: "diverged", detail };
    case "older":
      return { kind: "refuse", because: "older-fence", detail };
    case "equal":
      return JSON.stringify(next) === JSON.stringify(current)
        ? { kind: "repeat" }
        : { kind: "refuse", because: "equal-fence-other-content", detail };
    case "newer":
      return next.fence.epoch - current.fence.epoch > epochJumpMax
        ? { kind: "refuse", because: "epoch-jump", detail }
        : undefined;
  }
}

const totalAddresses = (service: ServiceSnapshot): number =>
  service.choices.filter((choice) => choice.share > 0).reduce((sum, choice) => sum + choice.addresses.length, 0);

function whyNotRoutes(next: Snapshot): AcceptResult | undefined {
  for (const { service, route } of next.services) {
    const because = route && whyNotRoute(route);
    if (because !== undefined) return { kind: "refuse", because: "unroutable", detail: `${service}: ${because}` };
  }
  return undefined;
}

/** Everything that has happened since the snapshot a node holds, which need not be the one before. */
function causesSince(current: Snapshot, next: Snapshot): readonly Cause[] {
  const missed = (next.past ?? []).filter((entry) => entry.sequence > current.fence.sequence);
  const configured: Cause[] =
    next.configRevision === current.configRevision ? [] : [{ kind: "config", revision: next.configRevision }];
  return [...next.causes, ...missed.map((entry) => entry.cause), ...configured];
}

/** What only a configuration may do. */
function whyNotUnconfigured(current: Snapshot, next: Snapshot): AcceptResult | undefined {
  const [byName, nextByName] = [servicesByName(current), servicesByName(next)];
  const gone = current.services.find(({ service }) => !nextByName.has(service));
  if (gone) {
    const detail = `${gone.host} would be gone, and no configuration says so`;
    return { kind: "refuse", because: "empty-answer", detail };
  }
  if (!same({ ...current.zone, serial: 0 }, { ...next.zone, serial: 0 })) {
    const detail = `the zone ${next.zone.name} changes, and no configuration says so`;
    return { kind: "refuse", because: "change-budget", detail };
  }
  const renamed = next.services.find((service) => {
    const before = byName.get(service.service);
    return before && (before.host !== service.host || before.ttlSeconds !== service.ttlSeconds);
  });
  if (!renamed) return undefined;
  const detail = `the host or the TTL of ${renamed.service} changes, and no configuration says so`;
  return { kind: "refuse", because: "change-budget", detail };
}

/** What only a configuration may do to routes. */
function whyNotRerouted(current: Snapshot, next: Snapshot): AcceptResult | undefined {
  const hasGateways = (current.gateways ?? []).length > 0;
  if (hasGateways && !same(current.gateways, next.gateways))
    return { kind: "refuse", because: "change-budget", detail: "the gateways change, and no configuration says so" };
  const byName = servicesByName(current);
  for (const { service, route } of next.services) {
    const before = byName.get(service)?.route;
    const detail = `the route of ${service} changes, and no configuration says so`;
    if (before && !route) return { kind: "refuse", because: "unroutable", detail };
    if (before && route && !same(settingsOf(before), settingsOf(route)))
      return { kind: "refuse", because: "change-budget", detail };
  }
  return undefined;
}

const servicesByName = ({ services }: Snapshot): ReadonlyMap<ServiceName, ServiceSnapshot> =>
  new Map(services.map((service) => [service.service, service]));

function whyNotBudget(current: Snapshot, next: Snapshot, causes: readonly Cause[]): AcceptResult | undefined {
  const wild = wildServices(current, next, causes);
  const allowed = Math.max(1, Math.floor(current.services.length * changedShareMax));
  if (wild.length <= allowed) return undefined;
  const detail = `${wild.length} services change without a cause that covers them; at most ${allowed} may`;
  return { kind: "refuse", because: "change-budget", detail };
}

/** Services that change without a cause. A leader in its right mind never lets any. */
export function wildServices(
  current: Snapshot,
  next: Snapshot,
  causes: readonly Cause[] = causesSince(current, next),
): readonly ServiceSnapshot[] {
  const byName = servicesByName(current);
  return next.services.filter((service) => {
    const before = byName.get(service.service);
    return before !== undefined && isWild(before, service, causes);
  });
}

/** Whether a service changed without a cause that covers it: where it is, or how its users are split. */
function isWild(before: ServiceSnapshot, service: ServiceSnapshot, causes: readonly Cause[]): boolean {
  const isMoved = !same([before.choices, before.route?.sites], [service.choices, service.route?.sites]);
  if (isMoved && !causes.some((cause) => covers(cause, before))) return true;
  const isSplitNew = !same(before.route && splitOf(before.route), service.route && splitOf(service.route));
  return isSplitNew && !causes.some((cause) => coversSplit(cause, service.service));
}

/** True when a cause speaks of a service as it was answered before. */
function covers(cause: Cause, before: ServiceSnapshot): boolean {
  switch (cause.kind) {
    case "evacuate":
    case "leave-degraded":
      return before.choices.some((choice) => choice.site === cause.site);
    case "rebalance":
    case "failback":
    case "all-bad":
    case "override-ended":
      return cause.service === before.service;
    case "operator":
      return cause.service === undefined || cause.service === before.service;
    case "config":
      return true;
    case "leader":
      return false;
    default:
      return cause satisfies never;
  }
}
