import { unreadableFiles } from "@sluice/contract";
import { type Config, SluiceError } from "@sluice/core";
import type { Clock } from "@sluice/ports";
import {
  type ConfigInForce,
  configAtStart,
  followKeysets,
  type Keyring,
  type KeysetDeps,
  type Logger,
  listen,
  ownEntry,
  type Signer,
} from "@sluice/runtime";
import { makeHttpServer, makeRegistry, noteKeyset } from "@sluice/runtime/server";
import { type ArbiterLines, makeArbiterLines } from "./arbiter-lines.ts";
import { makeConfigFollower } from "./config-follower.ts";
import { type GatewayLines, makeGatewayLines } from "./gateway-lines.ts";
import type { GuardRules } from "./guard-target.ts";
import { makeHeartbeat } from "./heartbeat.ts";
import { lookAtTarget, lookPlans } from "./look-target.ts";
import { type AgentMetrics, makeAgentMetrics, noteLook, noteSaying } from "./metrics.ts";
import { leaveAddress, ownDoor } from "./own-door.ts";
import type { Saying } from "./reporter.ts";
import { makeSelfWatch, type SelfWatch } from "./self-watch.ts";
import { makeWatcher, type Watcher } from "./watcher.ts";

export type AgentOptions = {
  readonly name: string;
  readonly config: Config;
  readonly stateDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signer: Signer;
  readonly keyring: Keyring;
  /** What the arbiters ask of a node. An agent has no need of the operator's. */
  readonly tokens: { readonly node: string };
};

export interface Agent {
  /** Where its own door is: metrics and health. */
  readonly url: string;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts one agent: it looks at every target of the configuration, checks itself, and reports to every arbiter. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { name, logger } = options;
  const inForce = await configAtStart(options.config, options.stateDir, options.keyring);
  const own = ownEntry("agent", name, [inForce.config.agents]);
  await needFiles(inForce.config);
  const registry = makeRegistry();
  noteKeyset(registry, options.keyring);
  const app = makeHttpServer({ logger, registry, tokens: options.tokens });
  let isReady = (): boolean => false;
  app.get("/readyz", { config: { access: "open" } }, (_request, reply) =>
    isReady() ? { status: "ok" } : reply.code(503).send({ status: "first looks are not in yet" }),
  );
  await listen(app, own.url);
  const parts = assemble(options, {
    inForce,
    metrics: makeAgentMetrics(registry),
    own: ownDoor(app),
    localAddress: leaveAddress(own.url),
  });
  isReady = () => parts.watcher.firstLooksIn();
  const ended = run(parts, { ...options, token: options.tokens.node });
  const url = app.listeningOrigin;
  logger.info({ event: "ready", url }, `${name} listens at ${url}`);
  const close = async (): Promise<void> => {
    parts.stop.abort();
    await app.close();
    await ended;
  };
  return { url, close, [Symbol.asyncDispose]: close };
}

/** A probe without its authority would call healthy sites down, so nothing starts. */
async function needFiles(config: Config): Promise<void> {
  const problems = await unreadableFiles(config);
  if (problems.length === 0) return;
  const hint = "Put the files in place, readable by the agent, or apply a configuration that names others.";
  throw new SluiceError("CONFIG_INVALID", "the configuration names files that can't be used here", { hint, problems });
}

type Wiring = {
  readonly inForce: ConfigInForce;
  readonly metrics: AgentMetrics;
  readonly own: NonNullable<GuardRules["own"]>;
  readonly localAddress: string | undefined;
};

type Parts = {
  readonly watcher: Watcher;
  readonly eyes: SelfWatch;
  readonly lines: ArbiterLines;
  readonly gateways: GatewayLines;
  readonly configs: ReturnType<typeof makeConfigFollower>;
  readonly stop: AbortController;
};

function assemble(options: AgentOptions, wiring: Wiring): Parts {
  const { clock, logger, name } = options;
  const { metrics, localAddress, own } = wiring;
  const stop = new AbortController();
  const { signal } = stop;
  const configs = makeConfigFollower({ ...options, token: options.tokens.node, signal }, wiring.inForce);
  const probes = (): Config["probes"] => configs.now().config.probes;
  const rules = (): GuardRules => ({ allow: probes().allow, own });
  const hurry = (): void => lines.hurry();
  const local = localAddress === undefined ? {} : { localAddress };
  const bounds = (until: AbortSignal) => ({ deadlineMs: probes().deadlineMs, signal: until, ...local });
  const heartbeat = makeHeartbeat(clock, (stalledMs) => {
    metrics.stalls.inc();
    logger.warn({ event: "stalled", stalledMs }, `the event loop stood still for ${Math.round(stalledMs)} ms`);
    watcher.discardInFlight();
    eyes.stalled();
  });
  const watcher = makeWatcher(
    {
      clock,
      look: (plan, until) => heartbeat.during(() => lookAtTarget(plan, rules(), bounds(until))),
      onTurn: (dueAt) => heartbeat.wasDue(dueAt),
      onChange: hurry,
      onFirstFailure: () => eyes.check(),
      onLook: (key, result) => noteLook(metrics, key, result),
    },
    wiring.inForce.config,
  );
  const eyes = makeSelfWatch({
    clock,
    agent: name,
    localAddress,
    config: () => configs.now().config,
    rules,
    seen: () => watcher,
    signal,
    onTurn: hurry,
    onSightRegained: () => watcher.forget(),
  });
  const telling = { name, clock, logger, metrics, token: options.tokens.node, intervalMs: () => probes().intervalMs };
  const gateways = makeGatewayLines({
    ...telling,
    looks: () => (eyes.isSure() ? watcher.looks() : undefined),
    onChange: hurry,
  });
  const say = (): Saying => ({
    configRevision: configs.now().revision,
    selfCheck: eyes.judge(),
    votes: gateways.addTo(watcher.votes()),
  });
  const lines = makeArbiterLines({
    ...telling,
    signer: options.signer,
    say: () => noteSaying(metrics, say()),
    onSuspicion: (targets) => watcher.suspect(targets),
    onAnswer(arbiter, { configRevision, askedAt }) {
      eyes.heardFrom(arbiter.site, askedAt);
      configs.heard(arbiter, configRevision);
    },
  });
  configs.onChange(({ config }) => {
    metrics.health.reset();
    metrics.firstTokenSeconds.reset();
    watcher.configure(lookPlans(config), config.probes);
    lines.follow(config.arbiters);
    gateways.follow(config);
    hurry();
  });
  return { watcher, eyes, lines, gateways, configs, stop };
}

/** Sets everything going; resolves when `stop` was aborted and all has ended. */
async function run(parts: Parts, keysets: KeysetDeps): Promise<void> {
  const { watcher, eyes, lines, gateways, configs, stop } = parts;
  const arbiters = (): Config["arbiters"] => configs.now().config.arbiters;
  const running = [eyes.run(), followKeysets(keysets, arbiters, stop.signal)];
  configs.begin();
  await Promise.all(running);
  watcher.stop();
  await Promise.all([lines.close(), gateways.close(), configs.settled()]);
}
