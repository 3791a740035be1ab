import {
  type Config,
  type Event,
  formatFence,
  type LeaseTiming,
  leaseTiming,
  majority,
  SluiceError,
} from "@sluice/core";
import type { Clock, Lease, Store } from "@sluice/ports";
import {
  type Keyring,
  type Logger,
  listen,
  makeHttpServer,
  makeRegistry,
  repeat,
  type Signer,
  sleep,
} from "@sluice/runtime";
import { findServed } from "./adoption.ts";
import { nodeRoutes } from "./api/node-routes.ts";
import { operatorRoutes } from "./api/operator-routes.ts";
import { readRoutes } from "./api/read-routes.ts";
import { makeBallots } from "./ballots.ts";
import type { ArbiterContext } from "./context.ts";
import { makeJournal } from "./journal.ts";
import { makeLeadership } from "./leadership.ts";
import { makeLoop } from "./loop.ts";
import { makeArbiterMetrics } from "./metrics.ts";
import { makeSnapshotDesk } from "./snapshot-desk.ts";
import { makeSuspicionBoard } from "./suspicion-board.ts";
import { verify } from "./verify.ts";
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
  const own = config.arbiters.find((entry) => entry.name === name);
  if (!own) {
    const known = config.arbiters.map((entry) => entry.name).join(", ");
    throw new SluiceError("CONFIG_INVALID", `no arbiter is called ${name}`, {
      hint: `The configuration names ${known}.`,
    });
  }
  const stop = new AbortController();
  const registry = makeRegistry();
  const pacer = makePacer(cycleMs, stop.signal);
  const context = assemble(options, {
    registry,
    stop: stop.signal,
    wake: pacer.wake,
    timing,
    rank: config.arbiters.indexOf(own),
  });
  const app = makeHttpServer({
    logger,
    registry,
    tokens: options.tokens,
    openapi: { title: "Sluice arbiter", version: "1" },
  });
  readRoutes(app, context);
  operatorRoutes(app, context);
  nodeRoutes(app, context);
  await options.store.migrate();
  await listen(app, own.url);
  const onError = (error: unknown): void => logger.error({ err: error }, "a turn failed");
  const running = [
    repeat({ everyMs: timing.pollEveryMs / 2, signal: stop.signal, onError }, () => leaseTurn(context)),
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
  readonly rank: number;
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
    rank: wiring.rank,
    lease: options.lease,
    clock,
    timing: wiring.timing,
    onEvent,
  });
  const keeper = makeWorldKeeper({ name, store, clock, signer, keyring, desk, bootstrap: options.config });
  const settle = (epoch: number): Promise<boolean> =>
    settleWorld(options, { keeper, leadership, journal, signal: wiring.stop }, epoch);
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
      if (desk.acknowledge(node, fence) && loop.isLeading())
        journal.note([{ kind: "applied", nameserver: node, fence }]);
    },
    signal: wiring.stop,
  };
}

type Settling = Pick<ArbiterContext, "keeper" | "leadership" | "journal" | "signal">;

/** Before a new leader's first write: what is served out there, and is it newer than the store? False while that is open. */
async function settleWorld(options: ArbiterOptions, parts: Settling, epoch: number): Promise<boolean> {
  const { name, keyring, logger } = options;
  await parts.keeper.refresh();
  const { config } = parts.keeper.durable();
  const found = await findServed({ name, keyring, token: options.tokens.node, logger }, config, parts.signal);
  const adopted = parts.keeper.adopt(found);
  if (adopted.kind === "kept") return true;
  parts.journal.note([adopted.event]);
  if (adopted.kind === "diverged") return false;
  return adopted.epoch < epoch || (await parts.leadership.raise(adopted.epoch));
}

/** After each publication, once: asks the nameservers over the wire until they answer by it, and journals what they said. */
function makeAnnouncer(
  clock: Clock,
  parts: Pick<ArbiterContext, "keeper" | "loop" | "journal" | "signal">,
): () => void {
  let published = "";
  return () => {
    const { snapshot } = parts.keeper.durable();
    if (!snapshot || !parts.loop.isLeading() || formatFence(snapshot.fence) === published) return;
    published = formatFence(snapshot.fence);
    void verify({ clock, sleep }, parts.keeper.durable(), parts.signal).then((events) => {
      if (published === formatFence(snapshot.fence)) parts.journal.note(events);
    });
  };
}

/** One turn at the lease: bid or renew; a follower keeps its world warm, a leader writes what its journal holds. */
async function leaseTurn(context: ArbiterContext): Promise<void> {
  const { config, configRevision } = context.keeper.durable();
  const { freshDomains } = context.ballots.count(config, configRevision);
  const votes = config.electorate.filter((domain) => freshDomains.includes(domain)).length;
  await context.leadership.tick(votes >= majority(config.electorate.length));
  const held = context.leadership.held();
  if (held) await context.journal.flush(held.epoch);
  else await keepWarm(context);
}

async function keepWarm(context: ArbiterContext): Promise<void> {
  try {
    await context.keeper.refresh();
  } catch (error) {
    if (!(error instanceof SluiceError) || !error.transient) throw error;
  }
}

/** Turns the loop at its pace, and at once when woken; turns never overlap. */
function makePacer(cycleMs: number, signal: AbortSignal) {
  let woken = new AbortController();
  return {
    wake: (): void => woken.abort(),
    async run(turn: () => Promise<void>, onError: (error: unknown) => void): Promise<void> {
      while (!signal.aborted) {
        woken = new AbortController();
        await turn().catch(onError);
        await sleep(cycleMs, AbortSignal.any([signal, woken.signal]));
      }
    },
  };
}
