import type { ChannelName } from "../model.ts";
import { type ServiceRoute, slotCount } from "./route.ts";

/**
 * Why a gateway can't route by this, whoever says so and whatever the cause: some user would have nowhere to go. The floor under
 * routes, as an address is the floor under answers.
 */
export function whyNotRoute(route: ServiceRoute): string | undefined {
  const { channels, slots, sites, pools, pinnedChannel } = route;
  const served = new Set(
    pools.filter((pool) => sites.some(({ site }) => site === pool.site)).map(({ channel }) => channel),
  );
  if (served.size === 0) return "it has no pool";
  const sum = slots.reduce((total, [, count]) => total + count, 0);
  if (sum !== slotCount) return `its slots sum to ${sum}, not ${slotCount}`;
  const owners: readonly (ChannelName | undefined)[] = [...new Set(slots.map(([channel]) => channel))].map(
    (channel) => channels[channel]?.name,
  );
  if (owners.includes(undefined)) return "a slot belongs to a channel that isn't listed";
  const poolless = [...owners, pinnedChannel].find((channel) => channel !== undefined && !served.has(channel));
  return poolless === undefined ? undefined : `users belong to ${poolless}, which has no pool`;
}
