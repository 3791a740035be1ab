import type { Prng } from "@sluice/ports";
import type { Kernel } from "./kernel.ts";
import type { SimulatedProcess } from "./simulated-process.ts";

/** One direction between two sites. */
export type Link = {
  delayMs: number;
  /** Mean of what is added to each message's delay. */
  jitterMs: number;
  /** Share of messages lost. */
  loss: number;
  /** Share of messages that arrive twice. */
  duplicate: number;
  /** Share of messages held up for seconds: they arrive late and out of order. */
  held: number;
  isCut: boolean;
};

/** Sites and what lies between them. Each direction fails by itself. */
export interface SimulatedNetwork {
  link(from: string, to: string): Link;
  /** One message. What is lost is not heard of. */
  send(message: Message): void;
  /** Whether a packet would get through now, as a probe finds out. */
  passes(from: string, to: string): boolean;
  /** Asks and waits for the answer; `silent` when there is none in time. A process that isn't there refuses at once. */
  call<T>(call: Call<T>): Promise<Answer<T>>;
  healAll(): void;
}

export type Message = {
  readonly from: string;
  readonly to: string;
  readonly what: string;
  readonly deliver: () => void;
  /** On a connection nothing arrives twice. */
  readonly isOnce?: boolean;
};

export type Answer<T> = { readonly kind: "answer"; readonly value: T } | { readonly kind: "silent" };

export type Call<T> = {
  readonly from: SimulatedProcess;
  readonly to: SimulatedProcess;
  readonly what: string;
  readonly timeoutMs: number;
  readonly serve: () => T | Promise<T>;
  readonly isOnce?: boolean;
};

const healthy = { jitterMs: 1, loss: 0, duplicate: 0, held: 0, isCut: false } as const;
const heldMaxMs = 12_000;

export function makeNetwork(kernel: Kernel, delayOf: (from: string, to: string) => number): SimulatedNetwork {
  const chance = kernel.chance("network");
  const links = new Map<string, Link>();
  const link = (from: string, to: string): Link => {
    const key = `${from}>${to}`;
    const known = links.get(key);
    if (known) return known;
    const fresh = { delayMs: delayOf(from, to), ...healthy };
    links.set(key, fresh);
    return fresh;
  };
  const passes = (from: string, to: string): boolean => {
    const { isCut, loss } = link(from, to);
    return !isCut && (loss === 0 || chance.next() >= loss);
  };
  function send({ from, to, what, deliver, isOnce }: Message): void {
    if (!passes(from, to)) return;
    const way = link(from, to);
    kernel.after(delayOn(way, chance), what, deliver);
    if (!isOnce && way.duplicate > 0 && chance.next() < way.duplicate)
      kernel.after(delayOn(way, chance), what, deliver);
  }
  return {
    link,
    passes,
    send,
    call: (call) => ask(send, call),
    healAll() {
      for (const way of links.values()) Object.assign(way, healthy);
    },
  };
}

function delayOn(way: Link, chance: Prng): number {
  const draw = chance.next();
  if (way.held > 0 && chance.next() < way.held) return way.delayMs + draw * heldMaxMs;
  return way.delayMs - Math.log(1 - draw * 0.999) * way.jitterMs;
}

function ask<T>(send: (message: Message) => void, call: Call<T>): Promise<Answer<T>> {
  const { from, to, what, isOnce = false } = call;
  return new Promise((resolve) => {
    // Whoever died on the way here asks nothing any more.
    if (!from.isUp()) return;
    const hear = from.bound<Answer<T>>(what, resolve);
    const back = (answer: Answer<T>): void =>
      send({ from: to.site, to: from.site, what, isOnce, deliver: () => hear(answer) });
    from.after(call.timeoutMs, `${what} late`, () => resolve({ kind: "silent" }));
    const serve = (): void => {
      void Promise.resolve(call.serve()).then(
        (value) => back({ kind: "answer", value }),
        () => back({ kind: "silent" }),
      );
    };
    const deliver = (): void => {
      if (!to.receive(what, serve)) back({ kind: "silent" });
    };
    send({ from: from.site, to: to.site, what, isOnce, deliver });
  });
}
