import type { Ask, CommandResult } from "./command.ts";
import type { Config } from "./config.ts";
import { configOfThree, failoverOn, Leader, serviceOn, withChannels, withGateways } from "./fixtures.ts";
import { weightsOf } from "./weights.ts";

/* Two services with gateways: chat in three channels, embed in one. */

export const fine = { "site-a": "healthy", "site-b": "healthy", "site-c": "healthy" } as const;
export const chat = withChannels(serviceOn(failoverOn("site-a", "site-b")), { stable: 90, canary: 10, experiment: 0 });
export const embed = withChannels(
  serviceOn(failoverOn("site-b", "site-a"), { name: "embed", host: "embed.example.test" }),
  {
    stable: 100,
  },
);
export const config = withGateways(configOfThree(chat, embed));

export type Weights = Readonly<Record<string, number>>;
export const set = (weights: Weights, revision?: number): Ask => ({
  kind: "set-weights",
  service: "chat",
  weights,
  ...(revision === undefined ? {} : { revision }),
});

export function settled(of: Config = config): Leader {
  const leader = new Leader(of);
  leader.see(fine);
  return leader;
}

export const codeOf = (result: CommandResult | undefined): string | undefined =>
  result?.kind === "refused" ? result.code : result?.kind;
export const wanted = (leader: Leader): string => {
  const service = leader.world.durable.config.services.find(({ name }) => name === "chat");
  if (!service || !leader.state) return "nothing";
  return weightsOf(service, leader.state)
    .map(({ name, weight }) => `${name} ${weight}`)
    .join(", ");
};

/** The next configuration, made on the one in force. */
export const apply = (next: Config, leader: Leader): Ask => ({
  kind: "apply-config",
  config: next,
  revisionBefore: leader.world.durable.configRevision,
});
