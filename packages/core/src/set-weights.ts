import { changeWeights } from "./change-weights.ts";
import type { Ask, Command } from "./command.ts";
import { type ChannelConfig, pooledChannels, type ServiceConfig } from "./config.ts";
import { type Draft, findService } from "./draft.ts";
import { invalidWeights, notFound, nothingToDo, type Refusal, staleWeights } from "./refusal.ts";
import {
  formatWeights,
  sameWeights,
  weightIn,
  weightSum,
  weightsCommand,
  weightsOf,
  weightsRevision,
} from "./weights.ts";

type SetWeights = Extract<Ask, { kind: "set-weights" }>;

/** As in the configuration. */
const weightMax = 1_000_000;

/** Splits a service's users over its channels on an operator's word. */
export function setWeights(draft: Draft, command: Command, ask: SetWeights): Refusal | undefined {
  const service = findService(draft, ask.service);
  if (!service) return notFound(`service ${ask.service}`);
  const state = draft.services[service.name];
  if (!state) return nothingToDo(`${service.name} is not placed yet`);
  const from = weightsOf(service, state);
  const refusal = whyNotWeights(service, from, ask.weights);
  if (refusal) return refusal;
  const asked = namedWeights(ask);
  const to = service.channels.map(({ name }) => ({ name, weight: weightIn(asked, name) }));
  if (ask.revision !== undefined && ask.revision !== weightsRevision(state))
    return staleWeights(
      `the weights of ${service.name} are ${formatWeights(from)} since change ${weightsRevision(state)}`,
    );
  if (sameWeights(from, to)) return nothingToDo(`the weights of ${service.name} are ${formatWeights(from)} already`);
  const words = weightsCommand(asked);
  const cause = { kind: "operator", service: service.name, command: words, by: command.by } as const;
  changeWeights(draft, service, { from, to, command, cause });
  return undefined;
}

/**
 * Why these weights can't be in force. A request names every channel that has a weight or gets one: weights are parts of their
 * sum, so one that was left out, kept or dropped in silence, would change what all the others mean.
 */
function whyNotWeights(
  service: ServiceConfig,
  from: readonly ChannelConfig[],
  weights: SetWeights["weights"],
): Refusal | undefined {
  const known = service.channels.map(({ name }) => name);
  const asked = namedWeights({ weights });
  const unknown = asked.find(({ name }) => !known.includes(name));
  if (unknown)
    return invalidWeights(`${service.name} has no channel ${unknown.name}`, `Channels: ${known.join(", ")}.`);
  const odd = asked.find(({ weight }) => !(weight >= 0 && weight <= weightMax));
  if (odd) return invalidWeights(`${odd.weight} is no weight, for ${odd.name}`, `Give numbers from 0 to ${weightMax}.`);
  const silent = from.find(({ name, weight }) => weight > 0 && !Object.hasOwn(weights, name));
  if (silent)
    return invalidWeights(
      `${silent.name} has weight ${silent.weight} and is not named`,
      `Name every channel that has a weight: ${formatWeights(from)} at present.`,
    );
  if (weightSum(asked) === 0) return invalidWeights("the weights sum to zero", "Give one channel a weight above zero.");
  const pooled = pooledChannels(service);
  const homeless = asked.find(({ name, weight }) => weight > 0 && !pooled.includes(name));
  if (!homeless) return undefined;
  return invalidWeights(
    `${homeless.name} has a pool in no site of the policy: its users would have nowhere to go`,
    "Add its pools to the configuration first.",
  );
}

const namedWeights = ({ weights }: Pick<SetWeights, "weights">): readonly ChannelConfig[] =>
  Object.entries(weights).map(([name, weight]) => ({ name, weight }));
