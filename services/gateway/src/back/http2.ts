import { Readable } from "node:stream";
import type { HeaderList } from "../relay/inbound.ts";
import type { Sent, Upstream, UpstreamEvents, UpstreamFailure, UpstreamRequest } from "../relay/upstream.ts";
import type { ClientSession } from "../wire/http2/client-session.ts";
import { errorCode } from "../wire/http2/codes.ts";
import type { ResponseHead } from "../wire/http2/heads.ts";
import type { Http2Stream, StreamSink } from "../wire/http2/stream.ts";
import type { Lane } from "./lane.ts";
import { makeLanes } from "./lanes.ts";
import type { BackLimits, TlsTo } from "./limits.ts";

/** An endpoint that speaks HTTP/2: cleartext by prior knowledge, or over TLS to another gateway. */
export function makeHttp2Upstream(endpoint: string, limits: BackLimits, tls?: TlsTo): Upstream {
  const lanes = makeLanes(endpoint, limits, tls);
  const shared: Shared = { scheme: tls ? "https" : "http", idleMs: limits.idleMs };
  return {
    send(request, events) {
      const sent = new SentByHttp2(request, events, shared);
      lanes.take(sent);
      return sent;
    },
    close: () => lanes.close(),
    destroy: () => lanes.destroy(),
  };
}

type Shared = { readonly scheme: string; readonly idleMs: number };

/** One request under way, from when it waits for a connection to the end of its answer. */
export class SentByHttp2 implements Sent, StreamSink {
  readonly #request: UpstreamRequest;
  readonly #events: UpstreamEvents;
  readonly #shared: Shared;
  #lane: Lane | undefined;
  #stream: Http2Stream | undefined;
  #stopBody: (() => void) | undefined;
  #hasHead = false;
  #isOver = false;
  #isPaused = false;

  constructor(request: UpstreamRequest, events: UpstreamEvents, shared: Shared) {
    this.#request = request;
    this.#events = events;
    this.#shared = shared;
  }

  wait(lane: Lane): void {
    this.#lane = lane;
  }

  /** There is room for a stream. */
  begin(session: ClientSession): void {
    const { method, path, authority, headers, body } = this.#request;
    const { scheme } = this.#shared;
    const stream = session.ask({ method, scheme, path, authority, headers, isLast: body === undefined });
    stream.sink = this;
    this.#stream = stream;
    if (this.#isPaused) stream.pause();
    if (body instanceof Readable) this.#stopBody = feed(body, stream);
    else if (body !== undefined) {
      stream.write(body);
      stream.end();
    }
  }

  onHead({ status, headers }: ResponseHead, isEnd: boolean): void {
    this.#hasHead = true;
    this.#events.onHead(status, headers, isEnd ? "empty" : "body");
    this.#lane?.touch(this);
  }

  onData(bytes: Buffer): void {
    this.#events.onData(bytes, true);
    this.#lane?.touch(this);
  }

  rest(): void {
    if (!this.#isOver) this.#events.onRest();
  }

  onEnd(trailers: HeaderList): void {
    if (this.#isOver) return;
    // An answer may be whole before the request is, and then the rest of that is of no use (RFC 9113 §8.1).
    this.#stream?.reset(errorCode.cancel);
    this.#leave();
    this.#events.onEnd(trailers);
  }

  onReset(code: number | undefined, because: string): void {
    if (code === errorCode.refused && !this.#hasHead) return this.refused(because);
    this.fail({ kind: "reset", detail: because, ...(code === undefined ? {} : { code }) });
  }

  onWritable(): void {
    if (this.#request.body instanceof Readable && this.#stopBody !== undefined) this.#request.body.resume();
  }

  /** Nobody there has looked at it. */
  refused(because: string): void {
    this.fail({ kind: "refused", detail: because });
  }

  timeOut(): void {
    this.#stream?.reset(errorCode.cancel);
    this.fail({ kind: "timeout", detail: `nothing came for ${this.#shared.idleMs} ms` });
  }

  fail(failure: UpstreamFailure): void {
    if (this.#isOver) return;
    this.#leave();
    this.#events.onFailure(failure);
  }

  pause(): void {
    this.#isPaused = true;
    this.#stream?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#stream?.resume();
  }

  abort(): void {
    if (this.#isOver) return;
    this.#stream?.reset(errorCode.cancel);
    this.#leave();
  }

  #leave(): void {
    this.#isOver = true;
    this.#stopBody?.();
    this.#stopBody = undefined;
    if (this.#stream === undefined) this.#lane?.forget(this);
    else this.#lane?.next();
  }
}

/** The request's body, at the pace of the stream; the returned function ends that. Not `pipe`, which would destroy what another attempt still needs. */
function feed(body: Readable, stream: Http2Stream): () => void {
  const onData = (chunk: Buffer): void => {
    if (!stream.write(chunk)) body.pause();
  };
  const onEnd = (): void => stream.end();
  body.on("data", onData);
  body.on("end", onEnd);
  return () => {
    body.off("data", onData);
    body.off("end", onEnd);
  };
}
