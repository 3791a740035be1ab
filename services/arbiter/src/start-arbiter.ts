import { type Config, type Event, type LeaseTiming, leaseTiming, SluiceError } from "@sluice/core";
import type { Clock, Lease, Store } from "@sluice/ports";
import {
  type Keyring,
  type Logger,
  listen,
  makeHttpServer,
  makeRegistry,
  ownEntry,
  repeat,
  type Signer,
} from "@sluice/runtime";
import { makeAnnouncer } from "./announce.ts";
import { nodeRoutes } from "./api/node-routes.ts";
import { operatorRoutes } from "./api/operator-routes.ts";
import { readRoutes } from "./api/read-routes.ts";
import { weightsRoutes } from "./api/weights-routes.ts";
import { makeBallots } from "./ballots.ts";
import type { ArbiterContext } from "./context.ts";
import { makeJournal } from "./journal.ts";
import { makeLeadership } from "./leadership.ts";
import { makeLeaseTurn, rankOf } from "./lease-turn.ts";
import { makeLoop } from "./loop.ts";
import { makeArbiterMetrics } from "./metrics.ts";
import { makePacer } from "./pacer.ts";
import { makeSettling } from "./settle.ts";
import { makeSnapshotDesk } from "./snapshot-desk.ts";
import { makeSuspicionBoard } from "./suspicion-board.ts";
import { makeWorldKeeper } from "./world-keeper.ts";

export type ArbiterOptions = {
  readonly name: string;
  readonly config: Config;
  readonly store: Store;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signer: Signer;
  readonly keyring: Keyring;
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
  const pacer = makePacer(cycleMs, stop.signal);
  const context = assemble(options, {
    registry,
    stop: stop.signal,
    wake: pacer.wake,
    timing,
  });
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
  await options.store.migrate();
  await listen(app, own.url);
  const onError = (error: unknown): void => {
    // A database that is away is told by the leader's events and by /readyz; it is no mistake of this turn.
    if (error instanceof SluiceError && error.transient) logger.debug({ err: error }, "a turn was cut short");
    else logger.error({ err: error }, "a turn failed");
  };
  // A leader writes its journal in the same turn, and readers wait for that; a follower only asks the database.
  const leaseEveryMs = (): number => (context.leadership.held() ? timing.pollEveryMs / 2 : timing.pollEveryMs);
  const running = [
    repeat({ everyMs: leaseEveryMs, signal: stop.signal, onError }, makeLeaseTurn(context)),
    pacer.run(() => context.loop.turn(), onError),
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

type Wiring = {
  readonly registry: ReturnType<typeof makeRegistry>;
  readonly stop: AbortSignal;
  readonly wake: () => void;
  readonly timing: LeaseTiming;
};

function assemble(options: ArbiterOptions, wiring: Wiring): ArbiterContext {
  const { name, clock, store, signer, keyring, logger } = options;
  const metrics = makeArbiterMetrics(wiring.registry);
  const board = makeSuspicionBoard();
  const desk = makeSnapshotDesk(clock);
  const journal = makeJournal({ name, store, clock, logger });
  const noteIfLeading = (events: readonly Event[]): void => {
    if (loop.isLeading()) journal.note(events);
    wiring.wake();
  };
  const ballots = makeBallots({ name, clock, keyring, board, metrics, onChange: noteIfLeading });
  const onEvent = (event: Event): void => {
    metrics.leader.set(event.kind === "leader-elected" ? 1 : 0);
    journal.note([event]);
    wiring.wake();
  };
  const leadership = makeLeadership({
    name,
    rank: () => rankOf(keeper.durable().config, name),
    lease: options.lease,
    clock,
    timing: wiring.timing,
    onEvent,
  });
  const keeper = makeWorldKeeper({ name, store, signer, keyring, desk, bootstrap: options.config });
  const settle = makeSettling(options, { keeper, leadership, journal, signal: wiring.stop });
  const loop = makeLoop({ clock, logger, ballots, journal, keeper, leadership, metrics, settle });
  const announce = makeAnnouncer(clock, { keeper, loop, journal, signal: wiring.stop });
  return {
    name,
    clock,
    store,
    signer,
    keyring,
    ballots,
    board,
    desk,
    journal,
    keeper,
    leadership,
    loop: { ...loop, turn: () => loop.turn().finally(announce) },
    submit: (command) => {
      const result = loop.submit(command);
      wiring.wake();
      return result;
    },
    acknowledge: (node, fence) => {
      if (!desk.acknowledge(node, fence) || !loop.isLeading()) return;
      const isGateway = keeper.durable().config.gateways.some(({ name: each }) => each === node);
      journal.note([
        isGateway ? { kind: "gateway-applied", gateway: node, fence } : { kind: "applied", nameserver: node, fence },
      ]);
    },
    signal: wiring.stop,
  };
}
