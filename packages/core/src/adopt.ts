import { epochJumpMax } from "./accept.ts";
import { adoptWeights } from "./adopt-weights.ts";
import type { Config } from "./config.ts";
import { serviceNamed } from "./config-index.ts";
import { compareFence, formatFence } from "./fence.ts";
import type { ServiceName } from "./model.ts";
import { type Override, overlay, overridesOf } from "./override.ts";
import { type Placement, samePlacement, sitesOf } from "./placement.ts";
import { countAddresses, type ServiceSnapshot, type Snapshot } from "./snapshot.ts";
import type { Durable, Quarantine, ServiceState } from "./world.ts";

/** A snapshot somebody out there holds or serves: another arbiter, a nameserver, a gateway. */
export type Found = {
  readonly from: string;
  readonly snapshot: Snapshot;
  /** The key that signed it has been revoked since: its fence stands there, and it is nobody's world. */
  readonly isRevoked?: true;
};

/**
 * What a new leader makes of what is served before its first write. A fence stops a stale epoch, not a stale world: after a
 * restored backup the store may be behind what nameservers already serve.
 *
 *   nothing newer than the store's head           keep
 *   the newest is newer, and everybody who has
 *   its fence has the same content                adopt it, and take an epoch above it
 *   same fence, different content, or another
 *   installation                                  disagree: freeze and ask
 *   an epoch more than 1,000 above the store's    disagree: a bad number must not become everybody's
 *   it serves what the store does not know        disagree: our next snapshot would make it vanish
 */
export type Adoption =
  | { readonly kind: "keep" }
  | { readonly kind: "adopt"; readonly found: Found }
  | { readonly kind: "disagree"; readonly detail: string };

export function adopt(durable: Durable, found: readonly Found[]): Adoption {
  const { installation, snapshot: head } = durable;
  const foreign = found.find((entry) => entry.snapshot.fence.installation !== installation);
  if (foreign)
    return {
      kind: "disagree",
      detail: `${foreign.from} holds ${formatFence(foreign.snapshot.fence)}, we are ${installation}`,
    };
  const newest = found.reduce<Found | undefined>(
    (best, entry) => (!best || compareFence(entry.snapshot.fence, best.snapshot.fence) === "newer" ? entry : best),
    undefined,
  );
  if (!newest) return { kind: "keep" };
  const order = head ? compareFence(newest.snapshot.fence, head.fence) : "newer";
  if (order === "older") return { kind: "keep" };
  const peers = [...found, ...(head ? [{ from: "the store", snapshot: head }] : [])];
  const same = peers.filter((entry) => compareFence(entry.snapshot.fence, newest.snapshot.fence) === "equal");
  const other = same.find((entry) => JSON.stringify(entry.snapshot) !== JSON.stringify(newest.snapshot));
  if (other)
    return {
      kind: "disagree",
      detail: `${other.from} and ${newest.from} hold different content for ${formatFence(newest.snapshot.fence)}`,
    };
  if (order === "equal") return { kind: "keep" };
  const detail = whyNotAdopt(durable, newest);
  return detail === undefined ? { kind: "adopt", found: newest } : { kind: "disagree", detail };
}

function whyNotAdopt(
  { snapshot: head, config, configRevision }: Durable,
  { from, snapshot }: Found,
): string | undefined {
  const { fence } = snapshot;
  if (head && fence.epoch - head.fence.epoch > epochJumpMax)
    return `${from} holds ${formatFence(fence)}, more than ${epochJumpMax} epochs above the store's ${formatFence(head.fence)}`;
  const unknown = snapshot.services.find((entry) => {
    const service = serviceNamed(config, entry.service);
    return !service || countAddresses(config, service, placementOf(entry, config)) === 0;
  });
  if (!unknown) return undefined;
  return `${from} serves ${unknown.service} by revision ${snapshot.configRevision}, and revision ${configRevision} in the store doesn't know it there`;
}

/**
 * The durable world after adopting: placements as they are being served, so nothing older is ever re-asserted. Overrides that
 * would say otherwise are older than what is served, and end. When the configuration behind it is lost, the one in the store
 * comes back under a number of its own, so that nobody takes it for the lost one.
 */
export function adoptInto(durable: Durable, found: Found): Durable {
  const { snapshot } = found;
  const services: Record<ServiceName, ServiceState> = { ...durable.services };
  for (const service of snapshot.services) {
    const served = placementOf(service, durable.config);
    const { undo: _undo, ramp: _ramp, ...state } = services[service.service] ?? { served, quarantine: [], moves: [] };
    const quarantine = [...state.quarantine, ...leftBy(snapshot, state, served)];
    const moved = { ...state, base: served, served, quarantine };
    services[service.service] = adoptWeights(durable.config, moved, {
      snapshot: service,
      sequence: snapshot.fence.sequence,
    });
  }
  const isConfigLost = snapshot.configRevision > durable.configRevision;
  return {
    ...durable,
    services,
    overrides: durable.overrides.filter(
      (override) => agrees(override, services) && isPinnedSo(override, snapshot.services),
    ),
    configRevision: isConfigLost ? snapshot.configRevision + 1 : durable.configRevision,
    sequence: Math.max(durable.sequence, snapshot.fence.sequence),
    snapshot,
  };
}

/** Whether an override would leave everything served as it is. */
function agrees(override: Override, services: Readonly<Record<ServiceName, ServiceState>>): boolean {
  return Object.entries(services).every(([name, { served }]) => {
    const mine = overridesOf([override], name);
    return samePlacement(overlay(served, mine, { kind: "sorry" }), served);
  });
}

/** Whether gateways hold users to the channel that an override names. Of what no gateway routes nothing is known. */
function isPinnedSo({ service: name, channel }: Override, services: readonly ServiceSnapshot[]): boolean {
  const route = services.find(({ service }) => service === name)?.route;
  return channel === undefined || !route || route.pinnedChannel === channel;
}

/** Sites that the store has the service at, and that were left since, as the adopted snapshot's causes say. */
function leftBy(
  { causes, past, issuedAt }: Snapshot,
  before: Pick<ServiceState, "served" | "quarantine">,
  served: Placement,
): readonly Quarantine[] {
  const all = [...causes, ...(past ?? []).map((entry) => entry.cause)];
  const left = sitesOf(before.served).filter((site) => !sitesOf(served).includes(site));
  return left.flatMap((site): Quarantine[] => {
    const cause = all.find(
      (entry) => (entry.kind === "evacuate" || entry.kind === "leave-degraded") && entry.site === site,
    );
    if (!cause || before.quarantine.some((entry) => entry.site === site)) return [];
    return [{ site, since: issuedAt, because: cause.kind === "evacuate" ? "down" : "degraded" }];
  });
}

function placementOf(service: ServiceSnapshot, config: Config): Placement {
  const known = (site: string): boolean => config.sites.some((entry) => entry.name === site);
  const shares = service.choices.filter((choice) => known(choice.site)).map(({ site, share }) => ({ site, share }));
  if (shares.length > 0) return { kind: "sites", shares };
  const open = service.choices[0]?.site.split("+").filter(known) ?? [];
  return open.length > 0 ? { kind: "open", sites: open } : { kind: "sorry" };
}
