import type { Config, Keyset, SiteName, TargetKey, TrafficState } from "@sluice/core";
import type { Keyring } from "@sluice/runtime";
import type { Kernel, SimulatedNetwork, SimulatedProcess } from "@sluice/testkit";
import type { Checks } from "./checks/checks.ts";
import type { FaultKind } from "./scenario/swarm.ts";

/** How a target really is, which agents can only guess at. */
export type Mode = "up" | "refusing" | "silent" | "gray";

/** What all that acts in one simulation has in common. */
export type World = {
  readonly kernel: Kernel;
  readonly network: SimulatedNetwork;
  readonly config: Config;
  readonly keyring: Keyring;
  readonly swarm: ReadonlySet<FaultKind>;
  readonly checks: Checks;
  /** A sentence for the story of this seed; it is worked out only when somebody wants to read it. */
  readonly say: (sentence: () => string) => void;
  /** How targets really are. A target that isn't named is up. */
  readonly truth: Map<TargetKey, Mode>;
  /** Pools of which their own gateways say what they met; those of a site with a gateway that aren't named are healthy. */
  readonly ownTraffic: Map<TargetKey, TrafficState>;
  /** Processes of the version before. */
  readonly older: Set<string>;
  /** True once everything is being healed: nothing new goes wrong. */
  isHealing: boolean;
  /** A process comes to the edge of an effect, where a crash hurts most. */
  readonly edge: (process: SimulatedProcess, effect: string) => void;
};

/** Something that lives in a process and can be started again. */
export interface Actor {
  readonly process: SimulatedProcess;
  start(): void;
}

export function keysetOf(config: Config): Keyset {
  const entry = (role: "agent" | "arbiter") => (of: { readonly name: string; readonly site: SiteName }) => ({
    id: of.name,
    role,
    name: of.name,
    site: of.site,
    publicKey: "",
  });
  const keys = [...config.agents.map(entry("agent")), ...config.arbiters.map(entry("arbiter"))];
  return { installation: config.installation, version: 1, keys };
}
