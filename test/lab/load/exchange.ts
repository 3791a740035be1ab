/** How a request is sent: one answer, a stream of events, or a gRPC call. */
export const exchangeKinds = ["unary", "stream", "grpc"] as const;
export type ExchangeKind = (typeof exchangeKinds)[number];

/** One request of the load, before it is sent. */
export type Asking = {
  readonly kind: ExchangeKind;
  readonly host: string;
  readonly model: string;
  /** Undefined: nobody, and the gateway draws a channel. */
  readonly user: string | undefined;
  readonly at: Door;
};

export type Door = { readonly address: string; readonly port: number };

/** How a request ended, as a client saw it. */
export type Exchange = {
  readonly kind: ExchangeKind;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** `site-a/stable/1`, from the answer's `x-served-by`; undefined when no model server answered. */
  readonly servedBy: string | undefined;
  /** Time to the first event of a stream, and to the head of other answers. Undefined when none came. */
  readonly ttftMs: number | undefined;
  /** Why it counts as lost: `503 no-pool`, `ECONNREFUSED`, `grpc 14`, `stream-cut`. Undefined: it went well. */
  readonly error: string | undefined;
};

/** What a sender finds out; when it began and ended is measured by whoever sends. */
export type Found = Pick<Exchange, "servedBy" | "ttftMs" | "error">;

/** Nothing for so long, and a client gives up. Unit: milliseconds. */
export const patienceMs = 10_000;

export const siteOf = (servedBy: string): string => servedBy.split("/")[0] ?? "";
export const channelOf = (servedBy: string): string => servedBy.split("/")[1] ?? "";
