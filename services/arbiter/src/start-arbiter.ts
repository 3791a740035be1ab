import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Config, type LeaseTiming, leaseTiming, SluiceError } from "@sluice/core";
import { followKeysets, listen, ownEntry, repeat } from "@sluice/runtime";
import { makeHttpServer, makeRegistry, noteKeyset } from "@sluice/runtime/server";
import { findServed } from "./adoption.ts";
import { makeAnnouncer } from "./announce.ts";
import { failsafeRoutes } from "./api/failsafe-routes.ts";
import { nodeRoutes } from "./api/node-routes.ts";
import { operatorRoutes } from "./api/operator-routes.ts";
import { readRoutes } from "./api/read-routes.ts";
import { weightsRoutes } from "./api/weights-routes.ts";
import { assemble, type Given } from "./assemble.ts";
import { filesIn } from "./failsafe/kept-files.ts";
import { makeLateTurn } from "./failsafe/late-turn.ts";
import { peersByHttp } from "./failsafe/peers.ts";
import { askReady } from "./give-way.ts";
import { makeLeaseTurn } from "./lease-turn.ts";
import { makeArbiterMetrics } from "./metrics.ts";
import { makePacer } from "./pacer.ts";

export type ArbiterOptions = Omit<Given, "files"> & {
  /** Where it keeps what it has promised, and what was decided in failsafe. Absent: it takes no part in failsafe. */
  readonly stateDir?: string;
  readonly tokens: { readonly operator: string; readonly node: string };
  readonly timing?: LeaseTiming;
  /** Unit: milliseconds. Default 250. The loop also turns at once when a vote changes or an operator speaks. */
  readonly cycleMs?: number;
};

export interface Arbiter {
  readonly isLeading: () => boolean;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts one arbiter on its configured address. It follows until it holds the lease, and gives the lease up when closed. */
export async function startArbiter(options: ArbiterOptions): Promise<Arbiter> {
  const { name, config, logger, timing = leaseTiming, cycleMs = 250 } = options;
  const own = ownEntry("arbiter", name, [config.arbiters]);
  const stop = new AbortController();
  const registry = makeRegistry();
  noteKeyset(registry, options.keyring);
  const pacer = makePacer(cycleMs, stop.signal);
  const context = assemble({
    ...options,
    timing,
    metrics: makeArbiterMetrics(registry),
    signal: stop.signal,
    wake: pacer.wake,
    newNonce: () => randomBytes(16).toString("base64url"),
    peers: peersByHttp(options.tokens.node, stop.signal),
    ...(options.stateDir === undefined ? {} : { files: filesIn(join(options.stateDir, "failsafe")) }),
    findServed: (inForce) =>
      findServed({ name, keyring: options.keyring, token: options.tokens.node, logger }, inForce, stop.signal),
  });
  const announce = makeAnnouncer(options.clock, context);
  const app = makeHttpServer({
    logger,
    registry,
    tokens: options.tokens,
    openapi: { title: "Sluice arbiter", version: "1" },
  });
  readRoutes(app, context);
  operatorRoutes(app, context);
  weightsRoutes(app, context);
  nodeRoutes(app, context);
  failsafeRoutes(app, context);
  await options.store.migrate();
  await listen(app, own.url);
  const onError = (error: unknown): void => {
    // A database that is away is told by the leader's events and by /readyz; it is no mistake of this turn.
    if (error instanceof SluiceError && error.transient) logger.debug({ err: error }, "a turn was cut short");
    else logger.error({ err: error }, "a turn failed");
  };
  // A leader writes its journal in the same turn, and readers wait for that; a follower only asks the database.
  const leaseEveryMs = (): number => (context.leadership.held() ? timing.pollEveryMs / 2 : timing.pollEveryMs);
  const isReady = (arbiter: Config["arbiters"][number]) => askReady(arbiter, stop.signal);
  const others = () => context.keeper.durable().config.arbiters.filter((each) => each.name !== name);
  const running = [
    followKeysets({ ...options, token: options.tokens.node }, others, stop.signal),
    repeat({ everyMs: leaseEveryMs, signal: stop.signal, onError }, makeLeaseTurn(context, isReady)),
    repeat({ everyMs: timing.pollEveryMs, signal: stop.signal, onError }, makeLateTurn(context)),
    pacer.run(() => context.loop.turn().finally(announce), onError),
  ];
  logger.info({ event: "ready", url: own.url }, `${name} listens at ${own.url}`);
  const close = async (): Promise<void> => {
    if (stop.signal.aborted) return;
    stop.abort();
    await context.leadership.resign("it was stopped").catch(onError);
    await app.close();
    await Promise.all(running);
  };
  return { isLeading: () => context.loop.isLeading(), close, [Symbol.asyncDispose]: close };
}
