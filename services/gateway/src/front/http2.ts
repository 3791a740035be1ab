import {
  constants,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerStreamResponseOptions,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import type { Body, HeaderList, Hop, Inbound, ResponseForm } from "../relay/inbound.ts";
import type { Limits } from "./limits.ts";

export type Http2Events = {
  readonly onRequest: (inbound: Inbound) => void;
  readonly onSession: (session: ServerHttp2Session) => void;
  readonly hopOf: (session: ServerHttp2Session) => Hop | undefined;
};

const { NGHTTP2_FLAG_END_STREAM } = constants;

/** HTTP/2 on the connections that are handed to it, cleartext or decrypted already. */
export function makeHttp2(limits: Limits, events: Http2Events): Http2Server {
  const server = createServer({
    maxSessionMemory: limits.sessionMegabytes,
    maxHeaderListPairs: limits.headerCount,
    settings: {
      maxConcurrentStreams: limits.streams,
      maxHeaderListSize: limits.headerBytes,
      initialWindowSize: 262_144,
      enablePush: false,
    },
    streamResetBurst: limits.resetBurst,
    streamResetRate: limits.resetsPerSecond,
    unknownProtocolTimeout: limits.sniffMs,
  });
  server.setTimeout(limits.idleMs);
  server.on("session", events.onSession);
  server.on("sessionError", () => undefined);
  server.on("stream", (...[stream, , flags, raw]: [ServerHttp2Stream, unknown, number, string[]]) => {
    stream.on("error", () => undefined);
    const body: Body = flags & NGHTTP2_FLAG_END_STREAM ? { kind: "none" } : { kind: "stream", stream };
    events.onRequest(new Http2Inbound(stream, { raw, body, hop: hopOfStream(stream, events) }));
  });
  return server;
}

const hopOfStream = (stream: ServerHttp2Stream, { hopOf }: Http2Events): Hop | undefined => {
  const session = stream.session as ServerHttp2Session | undefined;
  return session && hopOf(session);
};

type Head = { readonly raw: readonly string[]; readonly body: Body; readonly hop: Hop | undefined };

class Http2Inbound implements Inbound {
  readonly protocol = "http2";
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: HeaderList;
  readonly body: Body;
  readonly isTls: boolean;
  readonly remoteAddress: string;
  readonly hop: Hop | undefined;
  readonly #stream: ServerHttp2Stream;
  #trailers: HeaderList | undefined;

  constructor(stream: ServerHttp2Stream, { raw, body, hop }: Head) {
    this.#stream = stream;
    let [method, path, authority, host] = ["", "", "", ""];
    const headers: string[] = [];
    for (let index = 0; index < raw.length; index += 2) {
      const [name, value] = [raw[index] as string, raw[index + 1] as string];
      if (name === ":method") method = value;
      else if (name === ":path") path = value;
      else if (name === ":authority") authority = value;
      else if (!name.startsWith(":")) {
        if (name === "host") host = value;
        headers.push(name, value);
      }
    }
    this.method = method;
    this.path = path;
    this.authority = authority || host;
    this.headers = headers;
    this.body = body;
    this.hop = hop;
    const socket = (stream.session as ServerHttp2Session | undefined)?.socket;
    this.isTls = (socket as TLSSocket | undefined)?.encrypted === true;
    this.remoteAddress = socket?.remoteAddress ?? "";
  }

  respond(status: number, headers: HeaderList, form: ResponseForm): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    const options: ServerStreamResponseOptions = { endStream: form === "empty", waitForTrailers: form === "trailers" };
    if (form === "trailers") stream.once("wantTrailers", () => this.#sendTrailers());
    stream.respond([":status", String(status), ...headers] as never, { ...options, sendDate: false } as never);
  }

  #sendTrailers(): void {
    const stream = this.#stream;
    if (this.#trailers && this.#trailers.length > 0) stream.sendTrailers(joined(this.#trailers));
    else stream.close();
  }

  write(chunk: Uint8Array, isLent: boolean): boolean {
    return this.#stream.write(isLent ? Buffer.from(chunk) : chunk);
  }

  flush(): void {
    // The session gathers what is said within a turn by itself.
  }

  end(trailers?: HeaderList): void {
    const stream = this.#stream;
    this.#trailers = trailers;
    // The answer is complete before the request is: no more of that is wanted (RFC 9113 §8.1).
    if (!stream.readableEnded) stream.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
    if (!stream.writableEnded) stream.end();
  }

  cut(code: number = constants.NGHTTP2_INTERNAL_ERROR): void {
    this.#stream.close(code);
  }

  onDrain(listener: () => void): void {
    this.#stream.on("drain", listener);
  }

  onGone(listener: (isWhole: boolean) => void): void {
    const stream = this.#stream;
    stream.once("close", () => listener(stream.writableFinished && stream.rstCode === constants.NGHTTP2_NO_ERROR));
  }
}

/** Trailers as node:http2 takes them: an object, repeated names as lists. */
function joined(list: HeaderList): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {};
  for (let index = 0; index < list.length; index += 2) {
    const [name, value] = [list[index] as string, list[index + 1] as string];
    const before = result[name];
    if (before === undefined) result[name] = value;
    else result[name] = [...(Array.isArray(before) ? before : [before]), value];
  }
  return result;
}
