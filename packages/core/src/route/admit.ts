import type { SiteName } from "../model.ts";
import type { CompiledChannel, CompiledRoute, PoolToTry } from "./compile-route.ts";
import { type PoolViews, type SitesToTry, slotCount } from "./route.ts";

/** Who asks: one request, as far as admission goes. */
export type Asker = {
  readonly route: CompiledRoute;
  readonly views: PoolViews;
  readonly user: string | undefined;
  /** As in the facts. */
  readonly chance: number;
};

/** Those sites of a channel, among the open or the drained ones, whose pools admit the asker; undefined when none does. */
export function admitting(asker: Asker, channel: CompiledChannel, among: "open" | "drained"): SitesToTry | undefined {
  const sites: SiteName[] = [];
  for (const pool of channel[among]) {
    const share = asker.views.admits(asker.route.service, channel.name, pool.site);
    if (share >= 1 || (share > 0 && standing(asker, pool) < share)) sites.push(pool.site);
  }
  return toTry(sites);
}

/** Sites as an order to try them in, if there are any. */
export function toTry(sites: readonly SiteName[]): SitesToTry | undefined {
  return sites.length === 0 ? undefined : (sites as SitesToTry);
}

/**
 * Where the asker stands among all, in [0, 1): a pool that admits a share admits those who stand below it. A user's standing at
 * a pool never changes, so a share that grows lets more in and sends nobody away.
 *
 * It must come from another hash than the slot. A channel is a set of slots: by the slots' own hash, a pool that admits 30 % of
 * its users could admit all of one channel and nobody of another, since either has just one part of the range. And each pool
 * has a hash of its own, so that those whom one recovering pool keeps out aren't the very same whom the next one keeps out.
 */
function standing({ route, user, chance }: Asker, { seed }: PoolToTry): number {
  if (user !== undefined) return route.hash(user, seed) / 2 ** 32;
  // For the same reason without the digits of chance that drew the slot, and turned by another angle for each pool.
  return (((chance * slotCount) % 1) + seed / 2 ** 32) % 1;
}
