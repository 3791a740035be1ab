import { isIP } from "node:net";
import { type Config, type Opinion, SluiceError } from "@sluice/core";
import type { Clock } from "@sluice/ports";
import { type Keyring, type Logger, listen, makeHttpServer, makeRegistry, type Signer } from "@sluice/runtime";
import { type ConfigInForce, configAtStart, fetchConfig } from "./follow-config.ts";
import { followSuspicions } from "./follow-suspicions.ts";
import { watchStalls } from "./heartbeat.ts";
import { lookAtTarget, lookPlans } from "./look-target.ts";
import { type AgentMetrics, makeAgentMetrics } from "./metrics.ts";
import { makeReporter, newBootId, type Reporter, type Saying } from "./reporter.ts";
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
  readonly tokens: { readonly operator: string; readonly node: string };
};

export interface Agent {
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts one agent: it looks at every target of the configuration, checks itself, and reports to every arbiter. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { name, logger } = options;
  const inForce = await configAtStart(options.config, options.stateDir, options.keyring);
  const own = inForce.config.agents.find((entry) => entry.name === name);
  if (!own) {
    const known = inForce.config.agents.map((entry) => entry.name).join(", ");
    throw new SluiceError("CONFIG_INVALID", `no agent is called ${name}`, {
      hint: `The configuration names ${known}.`,
    });
  }
  const stop = new AbortController();
  const registry = makeRegistry();
  const parts = assemble(options, { own, inForce, metrics: makeAgentMetrics(registry), signal: stop.signal });
  const app = makeHttpServer({ logger, registry, tokens: options.tokens });
  app.get("/readyz", { config: { access: "open" } }, (_request, reply) =>
    parts.watcher.firstLooksIn() ? { status: "ok" } : reply.code(503).send({ status: "first looks are not in yet" }),
  );
  await listen(app, own.url);
  parts.begin();
  const running = [...parts.running(), parts.eyes.run()];
  logger.info({ event: "ready", url: own.url }, `${name} listens at ${own.url}`);
  const close = async (): Promise<void> => {
    if (stop.signal.aborted) return;
    stop.abort();
    parts.watcher.stop();
    await app.close();
    await Promise.all(running);
  };
  return { close, [Symbol.asyncDispose]: close };
}

type Wiring = {
  readonly own: Config["agents"][number];
  readonly inForce: ConfigInForce;
  readonly metrics: AgentMetrics;
  readonly signal: AbortSignal;
};

type Parts = {
  readonly watcher: Watcher;
  readonly eyes: SelfWatch;
  begin(): void;
  running(): Promise<void>[];
};

function assemble(options: AgentOptions, wiring: Wiring): Parts {
  const { clock, logger } = options;
  const { metrics, signal } = wiring;
  let { inForce } = wiring;
  const own = ownDoor(wiring.own.url);
  const { localAddress } = own;
  let reporters: readonly Reporter[] = [];
  const hurry = (): void => reporters.forEach((reporter) => reporter.hurry());
  const eyes = makeSelfWatch({
    clock,
    site: wiring.own.site,
    localAddress,
    config: () => inForce.config,
    signal,
    onTurn: hurry,
  });
  const look = makeLook(own, () => inForce.config.probes);
  const watcher = makeWatcher(
    {
      clock,
      look,
      onChange: hurry,
      onFirstFailure: () => eyes.check(),
      onLook: (key, result) => noteLook(metrics, key, result),
    },
    inForce.config,
  );
  const begin = (): void => watcher.configure(lookPlans(inForce.config), inForce.config.probes);
  const onRevision = async (arbiter: Config["arbiters"][number]): Promise<void> => {
    const deps = { keyring: options.keyring, token: options.tokens.node, stateDir: options.stateDir, logger };
    const next = await fetchConfig(deps, { arbiter, revision: inForce.revision }, signal);
    if (!next || next.revision <= inForce.revision) return;
    inForce = next;
    begin();
    hurry();
  };
  const say = (): Saying => sayNow({ watcher, eyes, metrics, revision: inForce.revision });
  const report = { ...options, bootId: newBootId(), say, intervalMs: () => inForce.config.probes.intervalMs };
  return {
    watcher,
    eyes,
    begin,
    running() {
      reporters = inForce.config.arbiters.map((arbiter) =>
        makeReporter({
          ...report,
          agent: options.name,
          arbiter,
          onReply(result, revision) {
            metrics.reports.inc({ arbiter: arbiter.name, result });
            if (revision !== undefined && revision > inForce.revision) void onRevision(arbiter);
          },
        }),
      );
      const stalls = watchOwnStalls(options, { watcher, eyes, metrics, signal });
      const heard = inForce.config.arbiters.map((arbiter) =>
        followSuspicions(
          {
            agent: options.name,
            arbiter,
            token: options.tokens.node,
            onSuspicion: (targets) => watcher.suspect(targets),
          },
          signal,
        ),
      );
      return [...reporters.map((reporter) => reporter.run(signal)), ...heard, stalls];
    },
  };
}

function watchOwnStalls(
  options: AgentOptions,
  of: { watcher: Watcher; eyes: SelfWatch; metrics: AgentMetrics; signal: AbortSignal },
): Promise<void> {
  return watchStalls(options.clock, of.signal, (stalledMs) => {
    of.metrics.stalls.inc();
    options.logger.warn({ event: "stalled", stalledMs }, `the event loop stood still for ${Math.round(stalledMs)} ms`);
    of.watcher.discardInFlight();
    of.eyes.stalled();
  });
}

/** The agent's own address and port. Looks start from that address when it is one and not a name. */
function ownDoor(url: string): { address: string; port: number; localAddress: string | undefined } {
  const { hostname, port } = new URL(url);
  const address = hostname.replace(/^\[|\]$/g, "");
  return { address, port: Number(port), localAddress: isIP(address) === 0 ? undefined : address };
}

type Look = Parameters<typeof makeWatcher>[0]["look"];

/** Looks from the agent's own address, and never at its own door. */
function makeLook(own: ReturnType<typeof ownDoor>, probes: () => Config["probes"]): Look {
  return (plan, signal) => {
    const { allow, deadlineMs } = probes();
    const local = own.localAddress === undefined ? {} : { localAddress: own.localAddress };
    return lookAtTarget(
      plan,
      { allow, own: { address: own.address, port: own.port } },
      { deadlineMs, signal, ...local },
    );
  };
}

const gauge = { healthy: 1, degraded: 0.5, down: 0, unknown: -1 } as const satisfies Record<Opinion, number>;

function sayNow(of: { watcher: Watcher; eyes: SelfWatch; metrics: AgentMetrics; revision: number }): Saying {
  const votes = of.watcher.votes();
  const selfCheck = of.eyes.judge(of.watcher);
  of.metrics.abstaining.set(selfCheck.kind === "ok" ? 0 : 1);
  for (const vote of votes) of.metrics.health.set({ target: vote.target }, gauge[vote.opinion]);
  return { configRevision: of.revision, selfCheck, votes };
}

function noteLook(metrics: AgentMetrics, key: string, result: { kind: "ok"; ms: number } | { kind: "failed" }): void {
  metrics.looks.inc({ target: key.split(":")[0] ?? key, result: result.kind });
  if (result.kind === "ok") metrics.lookSeconds.observe(result.ms / 1000);
}
