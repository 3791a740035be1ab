import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Body, HeaderList, Hop, Inbound, ResponseForm } from "../relay/inbound.ts";
import type { Limits } from "./limits.ts";

export type Http1Events = {
  readonly onRequest: (inbound: Inbound) => void;
  readonly onUpgrade: (request: IncomingMessage, socket: Socket, first: Buffer) => void;
  /** True while the gateway drains: each answer then tells the client to open its next connection elsewhere. */
  readonly isDraining: () => boolean;
  readonly hopOf: (socket: Socket) => Hop | undefined;
};

/** HTTP/1.1 on the connections that are handed to it. What llhttp calls malformed never becomes a request. */
export function makeHttp1(limits: Limits, events: Http1Events): Server {
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    keepAliveTimeout: limits.keptMs,
    // A body may take as long as it takes; that it doesn't stand still is seen to by the socket's time-out.
    requestTimeout: 0,
    connectionsCheckingInterval: 1_000,
    requireHostHeader: true,
    noDelay: true,
    highWaterMark: 65_536,
  });
  server.maxHeadersCount = limits.headerCount;
  server.timeout = limits.idleMs;
  server.on("request", (request, response) => {
    // One turn later, a body that came along with the head has been parsed too, and travels on as one piece.
    process.nextTick(take, request, response, events);
  });
  server.on("upgrade", (request, socket, first) => events.onUpgrade(request, socket as Socket, first));
  server.on("connect", (_request, socket) => {
    socket.end("HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  });
  return server;
}

function take(request: IncomingMessage, response: ServerResponse, events: Http1Events): void {
  if (response.destroyed) return;
  if (isOdd(request)) return void response.writeHead(400, { connection: "close", "content-length": 0 }).end();
  events.onRequest(new Http1Inbound(request, response, events));
}

/** What llhttp takes and others may read differently: two hosts (RFC 9112 §3.2 wants 400), and HTTP/0.9. */
function isOdd({ rawHeaders, httpVersionMajor }: IncomingMessage): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  return hosts > 1 || httpVersionMajor !== 1;
}

class Http1Inbound implements Inbound {
  readonly protocol = "http1";
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: HeaderList;
  readonly body: Body;
  readonly isTls: boolean;
  readonly remoteAddress: string;
  readonly hop: Hop | undefined;
  readonly #response: ServerResponse;
  readonly #isDraining: () => boolean;
  #hasWritten = false;

  constructor(request: IncomingMessage, response: ServerResponse, { hopOf, isDraining }: Http1Events) {
    this.#response = response;
    this.#isDraining = isDraining;
    this.method = request.method ?? "GET";
    const { authority, path } = splitTarget(request.url ?? "/");
    this.authority = authority ?? request.headers.host ?? "";
    this.path = path;
    this.headers = lowerNames(request.rawHeaders);
    this.body = bodyOf(request);
    this.isTls = (request.socket as TLSSocket).encrypted === true;
    this.remoteAddress = request.socket.remoteAddress ?? "";
    this.hop = hopOf(request.socket);
  }

  respond(status: number, headers: HeaderList, form: ResponseForm): void {
    const response = this.#response;
    if (this.#isDraining()) response.shouldKeepAlive = false;
    response.writeHead(status, headers as string[]);
    if (form === "empty") this.end();
    // A body that came along with the head leaves along with it; if there is none yet, the head doesn't wait for it.
    else process.nextTick(() => this.#flush());
  }

  #flush(): void {
    if (!this.#hasWritten) this.#response.flushHeaders();
  }

  write(chunk: Uint8Array): boolean {
    const isFirst = !this.#hasWritten;
    this.#hasWritten = true;
    // As text of the same bytes a short body leaves in one piece with the head, which costs half as much as two.
    if (isFirst && chunk.length <= shortBytes) return this.#response.write(latin1(chunk), "latin1");
    return this.#response.write(chunk);
  }

  end(trailers?: HeaderList): void {
    if (this.#response.writableEnded) return;
    this.#hasWritten = true;
    if (trailers && trailers.length > 0) this.#response.addTrailers(pairs(trailers));
    this.#response.end();
  }

  cut(): void {
    this.#response.destroy();
  }

  onDrain(listener: () => void): void {
    this.#response.on("drain", listener);
  }

  onGone(listener: (isWhole: boolean) => void): void {
    const response = this.#response;
    response.once("close", () => listener(response.writableFinished));
    response.once("error", () => undefined);
  }
}

const shortBytes = 4_096;
const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");

function bodyOf(request: IncomingMessage): Body {
  if (!request.complete) return { kind: "stream", stream: request };
  const bytes = request.read() as Buffer | null;
  return bytes === null ? { kind: "none" } : { kind: "whole", bytes };
}

/** The absolute form (RFC 9112 §3.2.2) names the authority itself, and that wins over `Host`. */
function splitTarget(target: string): { readonly authority?: string; readonly path: string } {
  if (target.startsWith("/") || target === "*") return { path: target };
  const match = /^https?:\/\/([^/?#]+)([^#]*)$/i.exec(target);
  if (!match) return { path: target };
  const [, authority = "", rest = ""] = match;
  return { authority, path: rest.startsWith("/") ? rest : `/${rest}` };
}

function lowerNames(raw: readonly string[]): string[] {
  const list: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    list.push((raw[index] as string).toLowerCase(), raw[index + 1] as string);
  }
  return list;
}

function pairs(list: HeaderList): [string, string][] {
  const result: [string, string][] = [];
  for (let index = 0; index < list.length; index += 2) result.push([list[index] as string, list[index + 1] as string]);
  return result;
}
