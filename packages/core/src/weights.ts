import type { ChannelConfig, ServiceConfig } from "./config.ts";
import type { ServiceState } from "./world.ts";

/*
 * The weights of a service's channels: those that an operator set at run time, else the configuration's. They are relative:
 * 90 and 10 say the same as 9 and 1.
 */

/** What is wanted now, for every channel in the configuration's order. */
export function weightsOf(service: ServiceConfig, state: Pick<ServiceState, "weights">): readonly ChannelConfig[] {
  const { weights } = state;
  if (!weights) return service.channels;
  return service.channels.map(({ name }) => ({ name, weight: weightIn(weights, name) }));
}

/** A channel that isn't named has none. */
export const weightIn = (weights: readonly ChannelConfig[], name: string): number =>
  weights.find((entry) => entry.name === name)?.weight ?? 0;

export const weightSum = (weights: readonly ChannelConfig[]): number =>
  weights.reduce((sum, { weight }) => sum + weight, 0);

/** Whether both give every channel the same number. */
export const sameWeights = (one: readonly ChannelConfig[], other: readonly ChannelConfig[]): boolean =>
  [...one, ...other].every(({ name }) => weightIn(one, name) === weightIn(other, name));

/** For sentences: `stable 90, canary 10`. */
export const formatWeights = (weights: readonly ChannelConfig[]): string =>
  weights.map(({ name, weight }) => `${name} ${weight}`).join(", ");

/** As it is typed: `weights stable=90 canary=10`. Bounded, since it travels in the causes of snapshots. */
export function weightsCommand(weights: readonly ChannelConfig[]): string {
  const command = ["weights", ...weights.map(({ name, weight }) => `${name}=${weight}`)].join(" ");
  return command.length <= commandLengthMax ? command : `${command.slice(0, commandLengthMax - 1)}…`;
}

/** What a cause's command may have in a snapshot. Unit: characters. */
const commandLengthMax = 200;

/** The number by which a change of weights says what it was made on: the sequence at which they last changed. */
export const weightsRevision = (state: Pick<ServiceState, "weightsSequence">): number => state.weightsSequence ?? 0;
