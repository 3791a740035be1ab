import type { Readable } from "node:stream";
import type { HeaderList } from "./inbound.ts";

/** A place that requests are sent to: one endpoint of a pool, or another site's gateway. */
export interface Upstream {
  send(request: UpstreamRequest, events: UpstreamEvents): Sent;
  /** No new requests; resolves when those under way have ended. */
  close(): Promise<void>;
  destroy(): void;
}

export type UpstreamRequest = {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: HeaderList;
  /** A stream is read to its end or left; the upstream doesn't destroy it. */
  readonly body: Uint8Array | Readable | undefined;
};

/** Exactly one of `onEnd` and `onFailure` is called, last, unless the request was aborted. */
export interface UpstreamEvents {
  onHead(status: number, headers: HeaderList, form: "empty" | "body"): void;
  /** `isLent`: the bytes are the upstream's, and something else after this call. */
  onData(chunk: Buffer, isLent: boolean): void;
  /** That was all for now: what has come doesn't wait for more. Follows on `onHead` and `onData` unless the end does at once. */
  onRest(): void;
  onEnd(trailers: HeaderList): void;
  onFailure(failure: UpstreamFailure): void;
}

/**
 * `connect`: no connection, so nothing was seen of the request. `refused`: the other side says that it has not processed it
 * (RFC 9113 §8.7). `reset`: it broke off, and may have. `timeout`: nothing came for too long. `bad-request`: it can't be sent at all.
 */
export type UpstreamFailure = {
  readonly kind: "connect" | "refused" | "reset" | "timeout" | "bad-request";
  readonly detail: string;
  /** HTTP/2 error code of a reset, to be passed on. */
  readonly code?: number;
};

/** A request under way. */
export interface Sent {
  pause(): void;
  resume(): void;
  /** The client has left: the other side is told, and no event follows. */
  abort(): void;
}
