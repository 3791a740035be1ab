import type { Cause } from "./cause.ts";
import type { Command } from "./command.ts";
import { type ChannelConfig, type Config, pooledChannels, type ServiceConfig } from "./config.ts";
import { serviceNamed } from "./config-index.ts";
import { addCause, type Draft, setState } from "./draft.ts";
import type { ChannelName } from "./model.ts";
import { movedSlots } from "./route/moved-slots.ts";
import { newSlots, reweigh } from "./route/slots.ts";
import { valueOf } from "./table.ts";
import { poolKey } from "./target.ts";
import { sameWeights, weightIn, weightSum, weightsOf } from "./weights.ts";
import type { ServiceState } from "./world.ts";

/** A service whose users were never spread gets its slots: a new one, or one that an older Sluice wrote down. */
export function keepSlots(draft: Draft, service: ServiceConfig): void {
  const state = draft.services[service.name];
  if (!state || state.slots) return;
  const slots = newSlots(weightsOf(service, state));
  setState(draft, service.name, { ...state, slots, weightsSequence: state.weightsSequence ?? draft.sequence });
}

/**
 * Puts weights in force under a number of their own. It is no decision: those are about places, and a change of weights never
 * moves a service from its site. What it did stands in the journal, by its number.
 */
export function changeWeights(
  draft: Draft,
  service: ServiceConfig,
  change: {
    readonly from: readonly ChannelConfig[];
    readonly to: readonly ChannelConfig[];
    readonly command: Command;
    readonly cause: Cause;
  },
): void {
  const state = draft.services[service.name];
  if (!state) return;
  const { from, to, command, cause } = change;
  draft.sequence += 1;
  const before = state.slots ?? newSlots(from);
  const slots = reweigh(before, to);
  const unproven = unprovenChannels(draft, service, to);
  setState(draft, service.name, { ...withWeights(state, service, to), slots, weightsSequence: draft.sequence });
  addCause(draft, cause);
  draft.events.push({
    kind: "weights-set",
    service: service.name,
    sequence: draft.sequence,
    from,
    to,
    movedSlots: movedSlots(before, slots),
    ...(unproven.length > 0 ? { unproven } : {}),
    by: command.by,
    reason: command.reason,
  });
}

/**
 * One service's weights into a new configuration, which is in force in the draft. What an operator set at run time stays, unless
 * the configuration itself now says otherwise about a channel's weight: then that is the newer word. A channel that is gone, or
 * has lost its pools, keeps no weight.
 */
export function carryWeights(
  draft: Draft,
  service: ServiceConfig,
  { before, command }: { readonly before: Config; readonly command: Command },
): void {
  const state = draft.services[service.name];
  const earlier = serviceNamed(before, service.name);
  if (!state || !earlier) return;
  const from = weightsOf(earlier, state);
  const to = sameWeights(earlier.channels, service.channels) ? kept(service, from) : service.channels;
  if (sameWeights(from, to)) {
    setState(draft, service.name, withWeights(state, service, to));
    return;
  }
  changeWeights(draft, service, { from, to, command, cause: { kind: "config", revision: draft.configRevision } });
}

function kept(service: ServiceConfig, weights: readonly ChannelConfig[]): readonly ChannelConfig[] {
  const pooled = pooledChannels(service);
  const fit = service.channels.map(({ name }) => ({
    name,
    weight: pooled.includes(name) ? weightIn(weights, name) : 0,
  }));
  return weightSum(fit) > 0 ? fit : service.channels;
}

/** The state with these weights; those of the configuration need not be remembered. */
export function withWeights(state: ServiceState, service: ServiceConfig, to: readonly ChannelConfig[]): ServiceState {
  const { weights: _, ...rest } = state;
  return sameWeights(to, service.channels) ? rest : { ...rest, weights: to };
}

/** Channels that get users though no pool of theirs is held to be well. An operator may know better, so it is only said. */
function unprovenChannels(
  { watch }: Draft,
  service: ServiceConfig,
  to: readonly ChannelConfig[],
): readonly ChannelName[] {
  const serves = (channel: ChannelName): boolean =>
    service.pools.some((pool) => {
      const verdict = valueOf(watch.verdicts, poolKey(service.name, pool.channel, pool.site))?.verdict.kind;
      return pool.channel === channel && (verdict === "healthy" || verdict === "degraded");
    });
  return to.filter(({ name, weight }) => weight > 0 && !serves(name)).map(({ name }) => name);
}
