import { type Dispatcher, Pool } from "undici";
import type { HeaderList } from "../relay/inbound.ts";
import type { Sent, Upstream, UpstreamEvents, UpstreamFailure, UpstreamRequest } from "../relay/upstream.ts";
import type { BackLimits, TlsTo } from "./limits.ts";

type Controller = Dispatcher.DispatchController;

/** An endpoint that speaks HTTP/1.1. Connections are kept and opened as needed; requests never wait behind one another on one. */
export function makeHttp1Upstream(endpoint: string, limits: BackLimits, tls?: TlsTo): Upstream {
  const pool = new Pool(`${tls ? "https" : "http"}://${endpoint}`, {
    connections: limits.connections,
    pipelining: 1,
    connectTimeout: limits.connectMs,
    headersTimeout: limits.idleMs,
    bodyTimeout: limits.idleMs,
    keepAliveTimeout: limits.keptMs,
    keepAliveMaxTimeout: limits.keptMaxMs,
    maxHeaderSize: limits.headerBytes,
    allowH2: false,
    ...(tls ? { connect: { ...tls, ALPNProtocols: ["http/1.1"] } } : {}),
  });
  return {
    send: (request, events) => {
      const exchange = new SentByHttp1(events);
      const { method, path, headers, body } = request;
      try {
        pool.dispatch(
          { method: method as "GET", path, headers: withHost(headers, request), body: body ?? null },
          exchange,
        );
      } catch (error) {
        exchange.fail(error as Error);
      }
      return exchange;
    },
    close: () => pool.close(),
    destroy: () => void pool.destroy().catch(() => undefined),
  };
}

function withHost(headers: HeaderList, { authority }: UpstreamRequest): string[] {
  return ["host", authority, ...headers];
}

/** One request under way, as undici's handler and as what the relay holds. */
class SentByHttp1 implements Sent {
  readonly #events: UpstreamEvents;
  #controller: Controller | undefined;
  #isOver = false;
  #hasHead = false;

  constructor(events: UpstreamEvents) {
    this.#events = events;
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new Error("the client has left"));
  }

  onResponseStart(controller: Controller, status: number): void {
    // What comes before the answer itself (100, 103) is between neighbours, or advice that one may leave out (RFC 9110 §15.2).
    if (status < 200 || this.#isOver) return;
    this.#hasHead = true;
    this.#events.onHead(status, texts(controller.rawHeaders), "body");
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (!this.#isOver) this.#events.onData(chunk);
  }

  onResponseEnd(controller: Controller): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.onEnd(texts(controller.rawTrailers));
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.fail(error);
  }

  fail(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.onFailure(failureOf(error, this.#controller !== undefined, this.#hasHead));
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller?.abort(new Error("the client has left"));
  }
}

const timeouts: ReadonlySet<string> = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]);

/** A request that was never begun on a connection was not seen by anybody, whatever the error. */
function failureOf(error: Error, isBegun: boolean, hasHead: boolean): UpstreamFailure {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const detail = code === "" || error.message.includes(code) ? error.message : `${code}: ${error.message}`;
  if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED") return { kind: "bad-request", detail };
  if (!isBegun && !hasHead) return { kind: "connect", detail };
  return { kind: timeouts.has(code) ? "timeout" : "reset", detail };
}

/** As they came, before undici sorted them into an object. Header bytes are Latin-1 (RFC 9110 §5.5), so they leave as they came. */
function texts(raw: Controller["rawHeaders"]): string[] {
  if (!Array.isArray(raw)) return [];
  const list: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    list.push(textOf(raw[index]).toLowerCase(), textOf(raw[index + 1]));
  }
  return list;
}

const textOf = (raw: Buffer | string | undefined): string =>
  typeof raw === "object" ? raw.toString("latin1") : (raw ?? "");
