import type { ArbiterClient, Status } from "@sluice/cli";
import type { Config } from "@sluice/core";
import { statusOf } from "../bench/ground/lab-client.ts";
import { prepareNudge } from "../bench/takeover/nudge.ts";
import type { Faults } from "../lab/model-server/faults.ts";
import { setFaults } from "../lab/up/fault.ts";
import type { Part } from "../lab/up/layout.ts";
import { until } from "../scenarios/world/until.ts";
import type { Door } from "./ground/door.ts";
import type { Installation } from "./ground/installation.ts";
import type { Observer } from "./observe/observer.ts";

/** What faults act on, and what they ask. */
export interface Scene {
  readonly installation: Installation;
  readonly config: Config;
  readonly client: ArbiterClient;
  readonly observer: Observer;
  /** The way to the database, for everybody. */
  readonly door: Door;
  readonly signal: AbortSignal;
  status(): Promise<Status>;
  kill(...words: readonly string[]): void;
  pause(...words: readonly string[]): void;
  /** SIGCONT to what is paused, and a start of what doesn't run. */
  bringBack(...words: readonly string[]): Promise<void>;
  /** The model servers of a site; `{}` heals them. */
  models(site: string, faults: Faults): Promise<void>;
  /** A change of weights, committed and signed: every node is offered a new snapshot. */
  change(): Promise<void>;
  /** Where a process keeps what it must not forget. */
  stateOf(name: string): string;
  /** What a process gets besides, when it is started the next time. */
  dress(name: string, env: NodeJS.ProcessEnv): void;
  until(what: string, isSo: () => Promise<boolean>): Promise<void>;
}

type Deps = Pick<Scene, "installation" | "client" | "observer" | "door" | "signal" | "dress">;

const patienceMs = 45_000;

export function makeScene(deps: Deps): Scene {
  const { installation, client } = deps;
  const named = (words: readonly string[]): readonly Part[] => installation.named(...words);
  return {
    ...deps,
    config: installation.config,
    status: () => statusOf(client),
    kill: (...words) => installation.signal(named(words), "SIGKILL"),
    pause: (...words) => installation.signal(named(words), "SIGSTOP"),
    async bringBack(...words) {
      installation.signal(named(words), "SIGCONT");
      await installation.start(named(words));
    },
    models: async (site, faults) => void (await setFaults(installation.layout, { name: site }, faults)),
    async change() {
      const nudge = await prepareNudge(client);
      nudge.send();
      if (!(await nudge.isTold())) throw new Error("a change of weights was not taken");
    },
    stateOf: (name) => `${installation.layout.root}/${name}`,
    until: async (what, isSo) =>
      void (await until(what, async () => (await isSo().catch(() => false)) || undefined, patienceMs)),
  };
}
