import {
  type Ask,
  type Command,
  type CommandResult,
  type Config,
  epochMs,
  type Override,
  policySites,
  type ServiceConfig,
} from "@sluice/core";
import type { Prng } from "@sluice/ports";
import { makeProcess, type SimulatedProcess } from "@sluice/testkit";
import { draw } from "../scenario/draw.ts";
import type { World } from "../world.ts";
import type { SimArbiter } from "./arbiter.ts";

/** Operators who ask for random valid things of whoever leads. */
export interface SimOperator {
  start(): void;
  /** Another one, who changes the configuration now and then. */
  startConfiguring(): void;
  /** Ends every override, again and again, so that nothing but automation is left. */
  letGo(): void;
}

const meanMs = 12_000;
const configuringMeanMs = 20_000;
const answerMs = 3_000;

export function makeOperator(world: World, arbiters: readonly SimArbiter[]): SimOperator {
  const { kernel, config } = world;
  const process = makeProcess(kernel, { name: "operator", site: "isp-1" });
  const chance = kernel.chance("operator");
  let asked = 0;
  process.start();
  const leading = (): SimArbiter | undefined => arbiters.find((arbiter) => arbiter.isLeading());

  function order(ask: Ask, overrideRules: readonly string[] = []): void {
    const leader = leading();
    if (!leader) return;
    asked += 1;
    const command: Command = {
      id: `c${asked}`,
      by: "anna",
      reason: "a simulation",
      overrideRules,
      isDryRun: false,
      ask,
    };
    world.say(
      () => `anna asks ${leader.process.name}: ${ask.kind === "apply-config" ? ask.kind : JSON.stringify(ask)}`,
    );
    const serve = (): Promise<CommandResult> | CommandResult =>
      leader.isLeading() ? leader.submit(command) : notLeading;
    const call = { from: process, to: leader.process, what: "operator asks", timeoutMs: answerMs, isOnce: true, serve };
    void world.network.call(call).then((answer) => {
      const result = answer.kind === "answer" ? answer.value : undefined;
      const told =
        result === undefined ? "no answer" : result.kind === "done" ? result.kind : `${result.code}: ${result.because}`;
      world.checks.sometimes(
        `an operator was told: ${result?.kind === "refused" ? result.code : (result?.kind ?? "nothing")}`,
      );
      world.say(() => `anna is told: ${told}`);
    });
  }

  return {
    start: () =>
      every(world, { process, meanMs, chance }, () => {
        const service = draw.one(chance, config.services);
        order(
          drawAsk(chance, service, { now: process.clock.wallMs(), id: `o${asked}` }),
          draw.isTrue(chance, 0.15) ? ["healthy-home"] : [],
        );
      }),
    startConfiguring: () =>
      every(world, { process, meanMs: configuringMeanMs, chance: kernel.chance("configuring") }, (draws) => {
        const inForce = leading()?.context().keeper.durable();
        if (!inForce) return;
        const { config: before, configRevision: revisionBefore } = inForce;
        order({ kind: "apply-config", config: drawChange(draws, before), revisionBefore });
      }),
    letGo() {
      const overrides = leading()?.context().keeper.durable().overrides ?? [];
      for (const { id } of overrides) order({ kind: "end-override", id });
    },
  };
}

type Pace = { readonly process: SimulatedProcess; readonly meanMs: number; readonly chance: Prng };

/** Again and again until everything heals. */
function every(world: World, { process, meanMs: everyMs, chance }: Pace, act: (chance: Prng) => void): void {
  process.after(draw.wait(chance, everyMs), "operator", () => {
    if (world.isHealing) return;
    act(chance);
    every(world, { process, meanMs: everyMs, chance }, act);
  });
}

const notLeading: CommandResult = { kind: "refused", code: "NOT_LEADER", because: "it does not lead" };

function drawAsk(chance: Prng, service: ServiceConfig, at: { readonly now: number; readonly id: string }): Ask {
  const site = draw.one(chance, policySites(service.policy));
  const until = epochMs(at.now + draw.between(chance, 5_000, 60_000));
  const override = (kind: Override["kind"], more: Partial<Override>): Ask => ({
    kind: "set-override",
    override: { id: at.id, kind, setAt: epochMs(at.now), until, by: "anna", reason: "a simulation", ...more },
  });
  switch (Math.floor(chance.next() * 9)) {
    case 0:
    case 1:
      return { kind: "failover", service: service.name, to: site };
    case 2:
      return { kind: "failback", service: service.name };
    case 3:
      return { kind: "undo", service: service.name };
    case 4:
      return override("pin", { service: service.name, site });
    case 5:
      return override("freeze", draw.isTrue(chance, 0.5) ? { service: service.name } : {});
    case 6:
      return override("drain", { service: service.name, site });
    case 7:
      return override("drain", { site });
    default: {
      const canary = Math.floor(draw.between(chance, 0, 60));
      return { kind: "set-weights", service: service.name, weights: { stable: 100 - canary, canary } };
    }
  }
}

/** What may change without a checker's knowing: the lifetime of a service's answers, and which of its sites is home. */
function drawChange(chance: Prng, config: Config): Config {
  const { name } = draw.one(chance, config.services);
  const ttlSeconds = draw.one(chance, [5, 10, 20]);
  // A site without an address is nobody's home.
  const isReversed = draw.isTrue(chance, 0.5) && config.sites.every(({ addresses }) => addresses.length > 0);
  const changed = (service: ServiceConfig): ServiceConfig => {
    const { policy } = service;
    const isTurned = isReversed && policy.kind === "failover";
    return { ...service, ttlSeconds, policy: isTurned ? { ...policy, sites: policy.sites.toReversed() } : policy };
  };
  return {
    ...config,
    services: config.services.map((service) => (service.name === name ? changed(service) : service)),
  };
}
