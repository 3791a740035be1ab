import type { Config } from "./config.ts";
import { compareFence, formatFence } from "./fence.ts";
import type { ServiceName } from "./model.ts";
import type { Placement } from "./placement.ts";
import type { ServiceSnapshot, Snapshot } from "./snapshot.ts";
import type { Durable, ServiceState } from "./world.ts";

/** A snapshot somebody out there holds or serves: another arbiter, a nameserver, a gateway. */
export type Found = { readonly from: string; readonly snapshot: Snapshot };

/**
 * What a new leader makes of what is served before its first write. A fence stops a stale epoch, not a stale world: after a
 * restored backup the store may be behind what nameservers already serve.
 *
 *   nothing newer than the store's head           keep
 *   the newest is newer, and everybody who has
 *   its fence has the same content                adopt it, and take an epoch above it
 *   same fence, different content, or another
 *   installation                                  disagree: freeze and ask
 */
export type Adoption =
  | { readonly kind: "keep" }
  | { readonly kind: "adopt"; readonly found: Found }
  | { readonly kind: "disagree"; readonly detail: string };

export function adopt(head: Snapshot | undefined, installation: string, found: readonly Found[]): Adoption {
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
  return order === "equal" ? { kind: "keep" } : { kind: "adopt", found: newest };
}

/** The durable world after adopting: placements as they are being served, so nothing older is ever re-asserted. */
export function adoptInto(durable: Durable, found: Found): Durable {
  const services: Record<ServiceName, ServiceState> = { ...durable.services };
  for (const service of found.snapshot.services) {
    const served = placementOf(service, durable.config);
    const state = services[service.service];
    services[service.service] = { quarantine: [], moves: [], ...state, base: served, served };
  }
  return {
    ...durable,
    services,
    sequence: Math.max(durable.sequence, found.snapshot.fence.sequence),
    snapshot: found.snapshot,
  };
}

function placementOf(service: ServiceSnapshot, config: Config): Placement {
  const known = (site: string): boolean => config.sites.some((entry) => entry.name === site);
  const shares = service.choices.filter((choice) => known(choice.site)).map(({ site, share }) => ({ site, share }));
  if (shares.length > 0) return { kind: "sites", shares };
  const open = service.choices[0]?.site.split("+").filter(known) ?? [];
  return open.length > 0 ? { kind: "open", sites: open } : { kind: "sorry" };
}
