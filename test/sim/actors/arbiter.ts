import {
  type ArbiterConfig,
  type Command,
  type CommandResult,
  type Config,
  type Envelope,
  type Fence,
  type Found,
  leaseTiming,
  type Report,
  SluiceError,
} from "@sluice/core";
import { type Logger } from "@sluice/runtime";
import { makeRegistry } from "@sluice/runtime/server";
import { makeProcess, type SimulatedProcess } from "@sluice/testkit";
import { openFound } from "../../../services/arbiter/src/adoption.ts";
import { assemble } from "../../../services/arbiter/src/assemble.ts";
import type { ArbiterContext } from "../../../services/arbiter/src/context.ts";
import { makeLateTurn } from "../../../services/arbiter/src/failsafe/late-turn.ts";
import { makeLeaseTurn, whyNotReady } from "../../../services/arbiter/src/lease-turn.ts";
import { makeArbiterMetrics } from "../../../services/arbiter/src/metrics.ts";
import { makeSigner } from "../keys.ts";
import { mayUpgrade, noteVersions, olderKeyring } from "../versions.ts";
import type { Actor, World } from "../world.ts";
import { type ArbiterDisk, simFiles, simPeers } from "./arbiter-peers.ts";
import type { SimDatabase } from "./database.ts";

/** The arbiter's own parts, put together as the product does, turned by virtual time. */
export interface SimArbiter extends Actor {
  isLeading(): boolean;
  /** What an agent's report meets at the door. */
  take(envelope: Envelope, made: Made): Reply | undefined;
  suspicions(agent: string, after: number): Promise<{ readonly cursor: number; readonly targets: readonly string[] }>;
  /** A long poll: answers when there is something newer than `after`, or after a while. */
  poll(node: string, after: Fence | undefined, waitMs: number): Promise<Envelope | undefined>;
  submit(command: Command): Promise<CommandResult>;
  holding(): Envelope | undefined;
  context(): ArbiterContext;
}

/** When a report was really made, which only the simulation knows. */
export type Made = { readonly report: Report; readonly at: number; readonly wallError: number };
export type Reply = {
  readonly result: string;
  readonly nonce: string;
  readonly configRevision: number;
  readonly holds: number | undefined;
};

/** Everybody whom an arbiter may ask what it holds. */
export type Peers = () => readonly {
  readonly process: SimulatedProcess;
  readonly holding: () => Envelope | undefined;
}[];

type Options = {
  readonly entry: ArbiterConfig;
  readonly database: SimDatabase;
  readonly peers: Peers;
  readonly arbiter: (name: string) => SimArbiter | undefined;
  readonly rate: number;
  readonly wallErrorMs: number;
};

const cycleMs = 250;
const askTimeoutMs = 1_000;
const readyTimeoutMs = 500;
/** Counted over every simulation of this process; nobody reads them. */
const metrics = makeArbiterMetrics(makeRegistry());

export function makeSimArbiter(world: World, options: Options): SimArbiter {
  const { name, site } = options.entry;
  const { rate, wallErrorMs } = options;
  const process = makeProcess(world.kernel, { name, site, rate, wallErrorMs });
  const disk: ArbiterDisk = new Map();
  let context: ArbiterContext | undefined;
  let waiters = new Set<() => void>();

  function start(): void {
    if (context) mayUpgrade(world, name);
    process.start();
    waiters = new Set();
    const run = begin(world, options, { process, disk });
    context = run.context;
    const { desk, ballots } = context;
    world.checks.arbiterStarted(name);
    const count = ballots.count.bind(ballots);
    ballots.count = (config, revision) => {
      world.checks.weighed(process, here());
      const counted = count(config, revision);
      world.checks.foundFresh(process, config, counted.freshDomains);
      return counted;
    };
    const offer = desk.offer.bind(desk);
    desk.offer = (snapshot, envelope) => {
      const isNew = offer(snapshot, envelope);
      if (isNew) world.checks.published(name, snapshot);
      if (isNew && here().leadership.isFailsafe()) world.checks.leadingBy(process, snapshot.fence.epoch);
      if (isNew) for (const wake of waiters) wake();
      return isNew;
    };
  }

  const here = (): ArbiterContext => {
    if (!context) throw new Error(`${name} was never started`);
    return context;
  };

  async function poll(node: string, after: Fence | undefined, waitMs: number): Promise<Envelope | undefined> {
    const { desk, acknowledge, signal } = here();
    if (after) acknowledge(node, after);
    const read = (): Promise<Envelope | undefined> => desk.read({ after, waitMs: 0, signal });
    const now = await read();
    if (now || waitMs === 0) return now;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        waiters.delete(wake);
        resolve();
      };
      waiters.add(wake);
      process.after(waitMs, `${name} polled`, wake);
    });
    return read();
  }

  return {
    process,
    start,
    context: here,
    isLeading: () => process.isUp() && here().loop.isLeading(),
    take: (envelope, made) => takeReport(world, { process, context: here(), envelope, made }),
    suspicions: (agent, after) => here().board.read(agent, { after, waitMs: 0, signal: here().signal }),
    poll,
    submit: (command) => here().submit(command),
    holding: () => context?.desk.current()?.envelope,
  };
}

type Machine = { readonly process: SimulatedProcess; readonly disk: ArbiterDisk };

/** One life of an arbiter: everything in it is forgotten when the process dies. */
function begin(world: World, options: Options, { process, disk }: Machine): { readonly context: ArbiterContext } {
  const { kernel, keyring } = world;
  const { name } = options.entry;
  const logger = loggerOf(world, name);
  const chance = kernel.chance(`${name} start ${kernel.now()}`);
  let isTurning = false;
  let isWoken = false;
  const context = assemble({
    name,
    config: world.config,
    ...options.database.open(process),
    clock: process.clock,
    logger,
    signer: makeSigner(name),
    keyring: world.older.has(name) ? olderKeyring(keyring) : keyring,
    metrics,
    timing: leaseTiming,
    files: simFiles(world, { process, disk, chance }),
    peers: simPeers(world, process, options.arbiter),
    findServed: (config) => findServed(world, options, { process, config, own: () => ownFound(name, context) }),
    wake: () => {
      isWoken = true;
      if (!isTurning) process.after(0, `${name} woken`, turn);
    },
    newNonce: () => `${name}-${kernel.now().toFixed(3)}-${chance.next()}`,
    signal: new AbortController().signal,
  });
  // One turn at a time, and each plans the next; a wake while one runs brings the next at once.
  let planned = 0;
  const plan = process.bound<void>(`${name} turned`, () => {
    isTurning = false;
    planned += 1;
    const mine = planned;
    const due = (): void => {
      if (mine === planned) turn();
    };
    process.after(isWoken ? 0 : cycleMs, `${name} cycle`, due);
  });
  function turn(): void {
    if (isTurning) return;
    isTurning = true;
    isWoken = false;
    void context.loop.turn().catch(complain).then(plan);
  }
  const leaseTurn = makeLeaseTurn(context, (other) => askReady(world, { process, peer: options.arbiter(other.name) }));
  const leaseEveryMs = (): number => leaseTiming.pollEveryMs / (context.leadership.held() ? 2 : 1);
  const later = process.bound<void>(`${name} lease turned`, () =>
    process.after(leaseEveryMs(), `${name} lease`, lease),
  );
  function lease(): void {
    void leaseTurn().catch(complain).then(watchPromises).then(later);
  }
  function watchPromises(): void {
    const { leadership } = context;
    const held = leadership.held();
    if (held && leadership.isFailsafe() && leadership.whyNotWrite() === undefined)
      world.checks.leadingBy(process, held.epoch);
  }
  function complain(error: unknown): void {
    if (!(error instanceof SluiceError) || !error.transient) world.checks.broke(name, error);
  }
  process.after(chance.next() * cycleMs, `${name} cycle`, turn);
  process.after(chance.next() * leaseTiming.pollEveryMs, `${name} lease`, lease);
  lookForLate({ process, context, complain });
  return { context };
}

type Late = {
  readonly process: SimulatedProcess;
  readonly context: ArbiterContext;
  readonly complain: (error: unknown) => void;
};

function lookForLate({ process, context, complain }: Late): void {
  const turn = makeLateTurn(context);
  const later = process.bound<void>(`${process.name} late turned`, () =>
    process.after(leaseTiming.pollEveryMs, `${process.name} late`, look),
  );
  function look(): void {
    void turn().catch(complain).then(later);
  }
  later();
}

async function askReady(
  world: World,
  { process, peer }: { readonly process: SimulatedProcess; readonly peer: SimArbiter | undefined },
): Promise<boolean> {
  if (!peer) return false;
  const serve = (): boolean => whyNotReady(peer.context()) === undefined;
  const what = `${process.name} asks whether ${peer.process.name} is ready`;
  const answer = await world.network.call({ from: process, to: peer.process, what, timeoutMs: readyTimeoutMs, serve });
  return answer.kind === "answer" && answer.value;
}

async function findServed(
  world: World,
  options: Options,
  of: { readonly process: SimulatedProcess; readonly config: Config; readonly own: () => readonly Found[] },
): Promise<readonly Found[]> {
  const { process } = of;
  const asked = options.peers().filter((peer) => peer.process !== process);
  const found = await Promise.all(
    asked.map(async (peer): Promise<Found | undefined> => {
      const what = `${process.name} asks ${peer.process.name}`;
      const call = { from: process, to: peer.process, what, timeoutMs: askTimeoutMs, serve: peer.holding };
      const answer = await world.network.call(call);
      return answer.kind === "answer" ? openFound(world.keyring, peer.process.name, answer.value) : undefined;
    }),
  );
  const held = found.flatMap((entry) => entry ?? []);
  world.checks.askedBeforeWriting(process, [...held, ...of.own()]);
  return held;
}

/** What it holds itself, which may be newer than what it is shown. */
function ownFound(from: string, { desk, failsafe }: ArbiterContext): readonly Found[] {
  const current = desk.current();
  return [...(current ? [{ from, snapshot: current.snapshot }] : []), ...failsafe.found()];
}

type Taking = {
  readonly process: SimulatedProcess;
  readonly context: ArbiterContext;
  readonly envelope: Envelope;
  readonly made: Made;
};

function takeReport(world: World, { process, context, envelope, made }: Taking): Reply | undefined {
  const { config, configRevision } = context.keeper.durable();
  try {
    const reply = context.ballots.take(envelope, config);
    world.checks.nonceGiven(process.name, made.report.agent, reply.nonce, process.clock.monotonicMs());
    if (reply.kind === "counted") {
      world.checks.counted(process, made, config);
      noteVersions(world, process.name, made.report);
    } else world.checks.sometimes(`a report was refused: ${reply.because ?? ""}`);
    return {
      result: reply.kind === "counted" ? "counted" : (reply.because ?? "refused"),
      nonce: reply.nonce,
      configRevision,
      holds: reply.holds,
    };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    world.checks.sometimes(`a report was rejected: ${error.code}`);
    return undefined;
  }
}

/** Its log is part of the story. */
function loggerOf(world: World, name: string): Logger {
  const line = (_fields: unknown, text?: string): void => world.say(() => `${name}: ${text ?? ""}`);
  const quiet = (): void => undefined;
  return { info: line, warn: line, error: line, debug: quiet } as unknown as Logger;
}
