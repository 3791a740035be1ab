import type { Readable } from "node:stream";
import type { SiteName } from "@sluice/core";

/** Names and values in turn, as they came over the wire: repeated headers stay repeated, and in order. */
export type HeaderList = readonly string[];

/**
 * What a request brings after its head. `whole` was there when the head was; nothing is waited for to make it so. A `stream` is
 * read at the pace at which the pool takes it.
 */
export type Body =
  | { readonly kind: "none" }
  | { readonly kind: "whole"; readonly bytes: Buffer }
  | { readonly kind: "stream"; readonly stream: Readable };

export type Hop = { readonly gateway: string; readonly from: SiteName };

/** One request as it came in, and the way to answer it; the same for HTTP/1.1 and HTTP/2. */
export interface Inbound {
  readonly protocol: "http1" | "http2";
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** The host asked for, with its port if it had one: `Host` or `:authority`. */
  readonly authority: string;
  /** Without pseudo-headers. Names in lower case. */
  readonly headers: HeaderList;
  readonly body: Body;
  readonly isTls: boolean;
  readonly remoteAddress: string;
  /** The gateway that passed it on, proven by its certificate. */
  readonly hop: Hop | undefined;
  /** The head of the answer. It may be sent once. */
  respond(status: number, headers: HeaderList, form: ResponseForm): void;
  /** False: wait for `onDrain` before the next one. `isLent`: the bytes are something else after this call. */
  write(chunk: Uint8Array, isLent: boolean): boolean;
  /** What was said so far leaves now. Until then it may wait for what comes next. */
  flush(): void;
  /** Ends the answer well, with trailers if there are any. */
  end(trailers?: HeaderList): void;
  /** Ends an answer that has begun so that the client can't take it for whole. `code`: of HTTP/2, when there is one to pass on. */
  cut(code?: number): void;
  /** At most one of each is kept. `onGone`: the client has left, or the answer has been sent to its end. */
  onDrain(listener: () => void): void;
  onGone(listener: (isWhole: boolean) => void): void;
}

/** `empty`: head and end in one. `trailers`: some may follow the body. */
export type ResponseForm = "empty" | "body" | "trailers";
