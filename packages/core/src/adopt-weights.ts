import { withWeights } from "./change-weights.ts";
import { type Config, pooledChannels, type ServiceConfig } from "./config.ts";
import type { ServiceRoute } from "./route/route.ts";
import { slotRuns } from "./route/slot-runs.ts";
import type { SlotTable } from "./route/slot-table.ts";
import { reweigh } from "./route/slots.ts";
import type { ServiceSnapshot } from "./snapshot.ts";
import { sameWeights, weightIn, weightSum, weightsOf } from "./weights.ts";
import type { ServiceState } from "./world.ts";

/**
 * A service's state with the weights by which gateways route it now. Where the store knows no better, everybody stays where he
 * is, and only the past is lost: who belonged to which channel before the backup was made.
 */
export function adoptWeights(
  config: Config,
  state: ServiceState,
  served: { readonly snapshot: ServiceSnapshot; readonly sequence: number },
): ServiceState {
  const { route, service: name } = served.snapshot;
  const service = config.services.find((entry) => entry.name === name);
  if (!route || !service || isServedSo(service, state, route)) return state;
  const pooled = pooledChannels(service);
  const known = service.channels.map((channel) => ({
    name: channel.name,
    weight: pooled.includes(channel.name) ? weightIn(route.channels, channel.name) : 0,
  }));
  const to = weightSum(known) > 0 ? known : service.channels;
  const slots = reweigh(tableOf(route), to);
  return { ...withWeights(state, service, to), slots, weightsSequence: served.sequence };
}

/** Whether the store says what the gateways do, past included. */
function isServedSo(service: ServiceConfig, state: ServiceState, route: ServiceRoute): boolean {
  const weights = weightsOf(service, state);
  if (!state.slots || !sameWeights(weights, route.channels)) return false;
  const names = weights.map((channel) => channel.name);
  return JSON.stringify(namedRuns(slotRuns(state.slots, names), names)) === JSON.stringify(servedRuns(route));
}

type NamedRun = readonly [channel: string, count: number];

const namedRuns = (runs: ServiceRoute["slots"], names: readonly string[]): readonly NamedRun[] =>
  runs.map(([channel, count]) => [names[channel] ?? "", count]);

const servedRuns = ({ slots, channels }: ServiceRoute): readonly NamedRun[] =>
  namedRuns(
    slots,
    channels.map((channel) => channel.name),
  );

/** A table without a past. */
const tableOf = (route: ServiceRoute): SlotTable =>
  servedRuns(route).map(([channel, count]) => ({ count, owners: [{ channel, since: 0 }] }));
