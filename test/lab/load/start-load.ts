import { systemClock } from "@sluice/runtime";
import type { Asking, Door, Exchange, ExchangeKind } from "./exchange.ts";
import { followName } from "./follow-name.ts";
import { makeHttpSender, type Sender } from "./send-http.ts";

export type LoadOptions = {
  readonly host: string;
  readonly model: string;
  /** Requests a second, begun whether earlier ones have ended or not. */
  readonly rps: number;
  /** So many users in turn; 0: nobody is named. One request in five is nobody's in any case. */
  readonly users: number;
  /** The share of requests that are streams, in [0, 1]. */
  readonly streamShare: number;
  /** A quarter of the others are gRPC calls. */
  readonly grpc: boolean;
  /** Where clients go: where the name leads, by these nameservers, or always to one gateway. */
  readonly to:
    | { readonly kind: "name"; readonly nameservers: readonly Door[]; readonly portOf: (address: string) => number }
    | { readonly kind: "gateway"; readonly at: Door };
  readonly onExchange: (exchange: Exchange) => void;
  /** Begins nothing any more; what is under way is waited for. */
  readonly signal: AbortSignal;
};

export interface Load {
  /** Requests that were not sent, because too many were under way. */
  heldBack(): number;
  inFlight(): number;
  readonly ended: Promise<void>;
}

/** Beyond so many the load itself would be what is measured. */
const inFlightMax = 2_000;
const beatMs = 10;
/** Households with a resolver each: with one alone, a weighted service would be asked in one site at a time. */
const households = 8;
const keyedShare = 0.8;
const grpcShare = 0.25;

/** Sends requests at a steady pace, as clients would who do not wait for one another. */
export function startLoad(options: LoadOptions): Load {
  const http = makeHttpSender();
  let grpc: Promise<Sender> | undefined;
  const doorOf = makeDoors(options);
  const under = new Set<Promise<void>>();
  let sent = 0;
  let heldBack = 0;

  const senderFor = (kind: ExchangeKind): Promise<Sender> | Sender =>
    kind === "grpc" ? (grpc ??= import("./send-grpc.ts").then(({ makeGrpcSender }) => makeGrpcSender())) : http;

  async function exchange(turn: number): Promise<void> {
    const startedAt = systemClock.monotonicMs();
    const asking = askingOf(options, turn);
    // Not the load's signal: who has begun wants to see the end.
    const found = await doorOf(turn).then(
      async (at) => (await senderFor(asking.kind)).send({ ...asking, at }, new AbortController().signal),
      () => ({ servedBy: undefined, ttftMs: undefined, error: "no-address" }),
    );
    options.onExchange({ ...found, kind: asking.kind, startedAt, endedAt: systemClock.monotonicMs() });
  }

  function begin(): void {
    if (under.size >= inFlightMax) {
      heldBack += 1;
      return;
    }
    const one: Promise<void> = exchange(sent).finally(() => under.delete(one));
    under.add(one);
  }

  const ended = new Promise<void>((resolve) => {
    const beganAt = systemClock.monotonicMs();
    const timer = setInterval(() => {
      const due = Math.floor(((systemClock.monotonicMs() - beganAt) / 1000) * options.rps);
      for (; sent < due; sent += 1) begin();
    }, beatMs);
    const stop = (): void => {
      clearInterval(timer);
      resolve();
    };
    if (options.signal.aborted) stop();
    else options.signal.addEventListener("abort", stop, { once: true });
  });
  const close = async (): Promise<void> => {
    await ended;
    await Promise.all(under);
    http.close();
    (await grpc)?.close();
  };
  return { heldBack: () => heldBack, inFlight: () => under.size, ended: close() };
}

/**
 * The mix is worked out from the turn, so that every kind comes in its share however short the load is. Four numbers that are
 * spread evenly, each by itself and all together (a Kronecker sequence), keep one choice from going with another: by remainders
 * the fifth request would always be the stream and always nobody's.
 */
export function askingOf(options: LoadOptions, turn: number): Omit<Asking, "at"> {
  const [ofStream = 0, ofGrpc = 0, ofKeyed = 0, ofUser = 0] = strides.map((stride) => (turn * stride) % 1);
  const kind = ofStream < options.streamShare ? "stream" : options.grpc && ofGrpc < grpcShare ? "grpc" : "unary";
  const isKeyed = options.users > 0 && ofKeyed < keyedShare;
  const user = isKeyed ? `user-${Math.floor(ofUser * options.users)}` : undefined;
  return { kind, host: options.host, model: options.model, user };
}

/** Powers of 1/g, where g is the root of x⁵ = x + 1. */
const strides = [0.8566748838545029, 0.733891856627126, 0.6287067210378087, 0.5385972572236101];

function makeDoors({ to, host, signal }: LoadOptions): (turn: number) => Promise<Door> {
  if (to.kind === "gateway") return () => Promise.resolve(to.at);
  const names = Array.from({ length: households }, () => followName({ host, nameservers: to.nameservers, signal }));
  return async (turn) => {
    const address = (await names[turn % households]?.address()) ?? "";
    return { address, port: to.portOf(address) };
  };
}
