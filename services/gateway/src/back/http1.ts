import type { Sent, Upstream, UpstreamEvents, UpstreamFailure, UpstreamRequest } from "../relay/upstream.ts";
import { makeHttp1Pool } from "./http1-pool.ts";
import type { BackLimits, TlsTo } from "./limits.ts";
import { type RequestText, requestText } from "./request-text.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";

/** An endpoint that speaks HTTP/1.1. Connections are kept and opened as needed; requests never wait behind one another on one. */
export function makeHttp1Upstream(endpoint: string, limits: BackLimits, tls?: TlsTo): Upstream {
  const pool = makeHttp1Pool(endpoint, limits, tls);
  return {
    send(request, events) {
      const head = requestText(request);
      const sent = new SentByHttp1(request, head, events);
      if (head === undefined) sent.fail({ kind: "bad-request", detail: "the request can't be said in HTTP/1.1" });
      else pool.take(sent);
      return sent;
    },
    close: () => pool.close(),
    destroy: () => pool.destroy(),
  };
}

/** One request under way, from when it waits for a connection to the end of its answer. */
export class SentByHttp1 implements Sent {
  readonly request: UpstreamRequest;
  readonly head: RequestText | undefined;
  readonly events: UpstreamEvents;
  isOver = false;
  isPaused = false;
  #connection: UpstreamConnection | undefined;

  constructor(request: UpstreamRequest, head: RequestText | undefined, events: UpstreamEvents) {
    this.request = request;
    this.head = head;
    this.events = events;
  }

  on(connection: UpstreamConnection): void {
    this.#connection = connection;
    if (this.isPaused) connection.pause();
  }

  fail(failure: UpstreamFailure): void {
    if (this.isOver) return;
    this.isOver = true;
    this.events.onFailure(failure);
  }

  pause(): void {
    this.isPaused = true;
    if (!this.isOver) this.#connection?.pause();
  }

  resume(): void {
    this.isPaused = false;
    if (!this.isOver) this.#connection?.resume();
  }

  abort(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#connection?.destroy();
  }
}
