import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { Readable } from "node:stream";
import type { HeaderList } from "../relay/inbound.ts";
import type { Sent, Upstream, UpstreamEvents, UpstreamFailure, UpstreamRequest } from "../relay/upstream.ts";
import type { BackLimits, TlsTo } from "./limits.ts";
import { type Lane, makeSessions } from "./sessions.ts";

const { NGHTTP2_FLAG_END_STREAM, NGHTTP2_REFUSED_STREAM, NGHTTP2_CANCEL, NGHTTP2_NO_ERROR } = constants;

/** An endpoint that speaks HTTP/2: cleartext by prior knowledge, or over TLS to another gateway. */
export function makeHttp2Upstream(endpoint: string, limits: BackLimits, tls?: TlsTo): Upstream {
  const scheme = tls ? "https" : "http";
  const open = (): ClientHttp2Session =>
    connect(`${scheme}://${endpoint}`, {
      settings: { enablePush: false, initialWindowSize: 262_144 },
      ...(tls ? { ...tls, ALPNProtocols: ["h2"] } : {}),
    });
  const sessions = makeSessions(open, limits);
  return {
    send(request, events) {
      const exchange = new SentByHttp2(events, limits.idleMs);
      sessions.take((lane) => {
        if (lane instanceof Error) exchange.fail({ kind: "connect", detail: lane.message });
        else exchange.begin(lane, request, scheme);
      });
      return exchange;
    },
    close: () => sessions.close(),
    destroy: () => sessions.destroy(),
  };
}

class SentByHttp2 implements Sent {
  readonly #events: UpstreamEvents;
  readonly #idleMs: number;
  #stream: ClientHttp2Stream | undefined;
  #trailers: HeaderList = [];
  #hasHead = false;
  #isEnded = false;
  #isOver = false;
  #isPaused = false;
  #isLate = false;
  #isResting = false;

  constructor(events: UpstreamEvents, idleMs: number) {
    this.#events = events;
    this.#idleMs = idleMs;
  }

  begin(lane: Lane, request: UpstreamRequest, scheme: string): void {
    if (this.#isOver) return;
    const { method, path, authority, headers, body } = request;
    const head = [":method", method, ":path", path, ":scheme", scheme, ":authority", authority, ...headers];
    let stream: ClientHttp2Stream;
    try {
      stream = lane.session.request(head as never, { endStream: body === undefined });
    } catch (error) {
      return this.fail({ kind: "connect", detail: (error as Error).message });
    }
    this.#stream = stream;
    lane.streams += 1;
    stream.setTimeout(this.#idleMs, () => this.#timeOut());
    stream.on("response", (...[, flags, raw]: [unknown, number, string[]]) => this.#onHead(flags, raw));
    stream.on("trailers", (...[, , raw]: [unknown, number, string[]]) => {
      this.#trailers = withoutPseudo(raw);
    });
    stream.on("data", (chunk: Buffer) => {
      if (this.#isOver) return;
      this.#events.onData(chunk, false);
      this.#restSoon();
    });
    stream.on("end", () => {
      this.#isEnded = true;
    });
    stream.on("error", () => undefined);
    stream.on("close", () => {
      lane.streams -= 1;
      this.#onClose(stream.rstCode ?? NGHTTP2_NO_ERROR);
    });
    if (this.#isPaused) stream.pause();
    if (body instanceof Readable) feed(body, stream);
    else if (body !== undefined) stream.end(body);
  }

  #onHead(flags: number, raw: readonly string[]): void {
    if (this.#isOver) return;
    this.#hasHead = true;
    const status = Number(raw[raw.indexOf(":status") + 1]);
    this.#events.onHead(status, withoutPseudo(raw), flags & NGHTTP2_FLAG_END_STREAM ? "empty" : "body");
    this.#restSoon();
  }

  /** Head, data and end of a short answer come in events of their own, and mostly in one turn. */
  #restSoon(): void {
    if (this.#isResting) return;
    this.#isResting = true;
    process.nextTick(() => {
      this.#isResting = false;
      if (!this.#isOver) this.#events.onRest();
    });
  }

  #onClose(code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // An answer may be complete before the request is: the other side then says that it needs no more (RFC 9113 §8.1).
    const isWhole = this.#hasHead && (this.#isEnded || code === NGHTTP2_NO_ERROR) && !this.#isLate;
    if (isWhole) return this.#events.onEnd(this.#trailers);
    this.#events.onFailure(this.#failureOf(code));
  }

  #failureOf(code: number): UpstreamFailure {
    if (this.#isLate) return { kind: "timeout", detail: `nothing came for ${this.#idleMs} ms` };
    if (code === NGHTTP2_REFUSED_STREAM && !this.#hasHead) return { kind: "refused", detail: "refused the stream" };
    return { kind: "reset", detail: `reset the stream with code ${code}`, code };
  }

  #timeOut(): void {
    this.#isLate = true;
    this.#stream?.close(NGHTTP2_CANCEL);
  }

  fail(failure: UpstreamFailure): void {
    if (this.#isOver) return;
    this.#isOver = true;
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
    this.#isOver = true;
    this.#stream?.close(NGHTTP2_CANCEL);
  }
}

/** The request's body, at the pace of the stream. Not `pipe`, which would destroy what another attempt still needs. */
function feed(body: Readable, stream: ClientHttp2Stream): void {
  const onData = (chunk: Buffer): void => {
    if (!stream.write(chunk)) body.pause();
  };
  const onEnd = (): void => void stream.end();
  const leave = (): void => {
    body.off("data", onData);
    body.off("end", onEnd);
  };
  stream.on("drain", () => body.resume());
  stream.once("close", leave);
  body.on("data", onData);
  body.on("end", onEnd);
}

function withoutPseudo(raw: readonly string[]): string[] {
  const list: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string;
    if (!name.startsWith(":")) list.push(name, raw[index + 1] as string);
  }
  return list;
}
