import type { Envelope, Snapshot } from "@sluice/core";
import type { Prng } from "@sluice/ports";
import { type Logger, makeShelf, type OfferResult, type Shelf } from "@sluice/runtime";
import { makeProcess, type SimulatedProcess } from "@sluice/testkit";
import { draw } from "../scenario/draw.ts";
import type { Actor, World } from "../world.ts";
import type { SimArbiter } from "./arbiter.ts";

/** A nameserver or a gateway: the product's own shelf, with a disk that can be full, slow or damaged. */
export interface SimNode extends Actor {
  readonly kind: "nameserver" | "gateway";
  readonly disk: SimDisk;
  holding(): Envelope | undefined;
  snapshot(): Snapshot | undefined;
  compiled(): unknown;
  /** Whether it answers: not while it starts, or catches up after it stood still. */
  isOpen(): boolean;
  offer(value: unknown): Promise<OfferResult>;
}

export type SimDisk = { text: string | undefined; isFull: boolean };

type Options = {
  readonly name: string;
  readonly site: string;
  readonly kind: SimNode["kind"];
  readonly arbiters: readonly SimArbiter[];
  readonly peers: () => readonly SimNode[];
  readonly compile: (snapshot: Snapshot) => unknown;
  readonly wallErrorMs: number;
};

/** What one life of a node holds. */
type Life = {
  readonly world: World;
  readonly process: SimulatedProcess;
  readonly options: Options;
  readonly shelf: Shelf<unknown>;
  isOpen: boolean;
};

const pollWaitMs = 10_000;
const firstAskMs = 3_000;
const catchUpMs = 1_000;
const backoff = { first: 100, max: 2_000 } as const;

export function makeSimNode(world: World, options: Options): SimNode {
  const { name, site, kind, wallErrorMs } = options;
  const process = makeProcess(world.kernel, { name, site, wallErrorMs });
  const disk: SimDisk = { text: undefined, isFull: false };
  const chance = world.kernel.chance(name);
  let life: Life | undefined;

  function start(): void {
    process.start();
    const shelf = makeShelf({
      file: `${name}.json`,
      keyring: world.keyring,
      logger: loggerOf(world, name),
      compile: options.compile,
      disk: diskOf(world, { process, disk, chance }),
      onAccept: (held) => {
        world.checks.served(name, held.snapshot);
        world.edge(process, "after it serves");
      },
    });
    life = { world, process, options, shelf, isOpen: false };
    world.checks.restarted(name, disk.text);
    live(life);
  }

  return {
    process,
    kind,
    disk,
    start,
    holding: () => life?.shelf.current()?.envelope,
    snapshot: () => life?.shelf.current()?.snapshot,
    compiled: () => life?.shelf.current()?.compiled,
    isOpen: () => process.isUp() && !process.isPaused() && life?.isOpen === true,
    offer: (value) => (life ? life.shelf.offer(value) : Promise.resolve("malformed")),
  };
}

/** Loads what is on disk, asks whether somebody knows better, then answers, and follows every arbiter. */
function live(life: Life): void {
  const { process, options } = life;
  const open = process.bound<unknown>("node opens", () => {
    if (life.isOpen) return;
    life.isOpen = true;
    for (const arbiter of options.arbiters) follow(life, arbiter, backoff.first);
  });
  void life.shelf
    .load()
    .then(() => askAll(life))
    .then(open);
  process.after(firstAskMs, "node opens", () => open(undefined));
  process.onGap(() => noticeGap(life));
  process.after(firstAskMs + 500, "node started", () =>
    life.world.checks.started(process.name, life.shelf.current()?.snapshot),
  );
  process.after(2_000, "node asks peers", () => askPeers(life));
}

async function askAll(life: Life): Promise<void> {
  const { arbiters, peers } = life.options;
  const asks = [
    ...arbiters.map((arbiter) => askArbiter(life, arbiter, 0)),
    ...peers().map((peer) => askPeer(life, peer)),
  ];
  await Promise.all(asks);
}

/** Without anything to serve, peers are asked for as long as that lasts. */
function askPeers(life: Life): void {
  if (!life.shelf.current()) void askAll(life);
  life.process.after(2_000, "node asks peers", () => askPeers(life));
}

async function askPeer(life: Life, peer: SimNode): Promise<void> {
  const { process, world } = life;
  if (peer.process === process) return;
  const what = `${process.name} asks ${peer.process.name}`;
  const serve = (): Envelope | undefined => peer.holding();
  const answer = await world.network.call({ from: process, to: peer.process, what, timeoutMs: firstAskMs, serve });
  if (answer.kind === "answer" && answer.value) await life.shelf.offer(answer.value);
}

async function askArbiter(
  life: Life,
  arbiter: SimArbiter,
  waitMs: number,
): Promise<OfferResult | "nothing" | "silent"> {
  const { process, world, shelf } = life;
  const fence = shelf.current()?.snapshot.fence;
  const answer = await world.network.call({
    from: process,
    to: arbiter.process,
    what: `${process.name} polls ${arbiter.process.name}`,
    timeoutMs: waitMs + 3_000,
    serve: () => arbiter.poll(process.name, fence, waitMs),
  });
  if (answer.kind === "silent") return "silent";
  if (!answer.value) return "nothing";
  world.edge(process, "before it takes a snapshot");
  const result = await shelf.offer(answer.value);
  world.checks.offered(process.name, result);
  return result;
}

function follow(life: Life, arbiter: SimArbiter, pauseMs: number): void {
  const { process } = life;
  const askedAt = process.clock.monotonicMs();
  const next = process.bound<string>("node polled", (heard) => {
    const didWait = heard === "nothing" && process.clock.monotonicMs() - askedAt >= backoff.first;
    if (heard === "accept" || didWait) follow(life, arbiter, backoff.first);
    else process.after(pauseMs, "node polls", () => follow(life, arbiter, Math.min(pauseMs * 2, backoff.max)));
  });
  void askArbiter(life, arbiter, pollWaitMs).then(next);
}

/** A node that stood still knows nothing of what was decided meanwhile: it asks before it answers, but not for long. */
function noticeGap(life: Life): void {
  const { process, world } = life;
  if (!life.isOpen) return;
  life.isOpen = false;
  world.checks.sometimes("a node asked before it answered, having stood still");
  const reopen = process.bound<unknown>("node caught up", () => {
    life.isOpen = true;
  });
  void askAll(life).then(reopen);
  process.after(catchUpMs, "node caught up", () => reopen(undefined));
}

type OnDisk = { readonly process: SimulatedProcess; readonly disk: SimDisk; readonly chance: Prng };

/** Writing takes a while, and a crash meanwhile leaves the old file. */
function diskOf(world: World, { process, disk, chance }: OnDisk) {
  return {
    read: () => {
      if (disk.text !== undefined) return Promise.resolve(disk.text);
      return Promise.reject(Object.assign(new Error("there is no such file"), { code: "ENOENT" }));
    },
    writeAtomic: (_file: string, text: string) =>
      new Promise<void>((resolve, reject) => {
        const tookMs = draw.isTrue(chance, 0.1) ? 300 : draw.between(chance, 1, 20);
        process.after(tookMs, "disk wrote", () => {
          world.edge(process, "before it writes");
          if (!process.isUp()) return;
          if (disk.isFull) {
            world.checks.sometimes("a disk was full");
            reject(new Error("ENOSPC"));
            return;
          }
          disk.text = text;
          world.edge(process, "after it wrote");
          if (process.isUp()) resolve();
        });
      }),
  };
}

function loggerOf(world: World, name: string): Logger {
  const line = (_fields: unknown, text?: string): void => world.say(() => `${name}: ${text ?? ""}`);
  const quiet = (): void => undefined;
  return { info: line, warn: line, error: line, debug: quiet } as unknown as Logger;
}
