import { createHash } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { callHeader, type Ledger, type Visit } from "./ledger.ts";
import { type MoodRing, pause } from "./mood.ts";
import { streamEvents } from "./sse.ts";

/** What one HTTP request is answered with. */
export type HttpParts = { readonly name: string; readonly ledger: Ledger; readonly mood: MoodRing };

/** HTTP/1.1 and HTTP/2 look the same to the routes, save for what only one of them has. */
type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

export type Exchange = {
  readonly parts: HttpParts;
  readonly request: Request;
  /** Typed as HTTP/1.1's: HTTP/2's compatibility layer answers to the same calls. */
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly visit: Visit;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
};

export type Listener = (request: Request, response: Response) => void;

/** What a request for `/echo`, or for any path that means nothing else, is answered with. */
export type Echo = {
  readonly servedBy: string;
  readonly method: string;
  readonly url: string;
  readonly version: string;
  readonly rawHeaders: readonly string[];
  readonly trailers: Readonly<Record<string, string | undefined>>;
  readonly bodyBytes: number;
  readonly bodySha256: string;
};

export function makeHttpListener(parts: HttpParts): Listener {
  return (request, response) => {
    const gone = new AbortController();
    const visit = parts.ledger.arrive(String(request.headers[callHeader] ?? ""), {
      method: request.method ?? "",
      url: request.url ?? "",
      version: request.httpVersion,
      headers: { ...request.headers },
    });
    response.once("close", () => {
      if (response.writableFinished) return visit.end("whole");
      visit.end("left");
      gone.abort();
    });
    const { searchParams } = new URL(request.url ?? "/", "http://backend");
    const h1 = response as ServerResponse;
    answer({ parts, request, response: h1, query: searchParams, visit, signal: gone.signal }).catch(() => h1.destroy());
  };
}

async function answer(exchange: Exchange): Promise<void> {
  const { parts, request, response } = exchange;
  const { refuseStream } = parts.mood.current();
  if (refuseStream && "stream" in request) return request.stream.close(constants.NGHTTP2_REFUSED_STREAM);
  response.setHeader("x-served-by", parts.name);
  const failing = await parts.mood.endure(exchange.signal);
  if (parts.mood.current().cut) {
    await readBody(exchange);
    return void request.socket.destroy();
  }
  if (failing) {
    await readBody(exchange);
    response.writeHead(failing.status, { "content-type": "text/plain", ...failing.headers });
    return void response.end(`${parts.name} fails\n`);
  }
  const [, first = ""] = (request.url ?? "").split(/[/?]/);
  await (Object.hasOwn(routes, first) ? routes[first as keyof typeof routes] : echo)(exchange);
}

const routes = { sse: streamEvents, bytes: giveBytes, sink: takeSlowly, trailers: giveTrailers, status: giveStatus };

async function echo(exchange: Exchange): Promise<void> {
  const { parts, request } = exchange;
  const { bytes, sha256 } = await readBody(exchange);
  const body: Echo = {
    servedBy: parts.name,
    method: request.method ?? "",
    url: request.url ?? "",
    version: request.httpVersion,
    rawHeaders: request.rawHeaders,
    trailers: request.trailers as Echo["trailers"],
    bodyBytes: bytes,
    bodySha256: sha256,
  };
  const text = JSON.stringify(body);
  exchange.response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  exchange.response.end(request.method === "HEAD" ? undefined : text);
}

/** `?count=`: so many bytes, as fast as somebody takes them. What was given to the socket is counted. */
async function giveBytes({ response, query, visit, signal }: Exchange): Promise<void> {
  const chunk = Buffer.alloc(16_384, "x");
  let left = Number(query.get("count") ?? 0);
  response.writeHead(200, { "content-type": "application/octet-stream" });
  while (left > 0) {
    const piece = chunk.subarray(0, Math.min(left, chunk.length));
    left -= piece.length;
    visit.move(piece.length);
    if (!response.write(piece)) await once(response, "drain", { signal });
  }
  response.end();
}

/** `?everyMs=`: takes the body a piece at a time, with a rest after each. What was taken is counted. */
async function takeSlowly(exchange: Exchange): Promise<void> {
  const everyMs = Number(exchange.query.get("everyMs") ?? 10);
  let bytes = 0;
  for await (const chunk of exchange.request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    exchange.visit.move(chunk.length);
    await pause(everyMs, exchange.signal);
  }
  exchange.response.end(`${bytes}`);
}

/** Trailers of HTTP/1.1 (RFC 9112 §7.1.2), announced as they must be. */
async function giveTrailers({ response, request }: Exchange): Promise<void> {
  const isHttp1 = request.httpVersion === "1.1";
  response.writeHead(200, { "content-type": "text/plain", ...(isHttp1 ? { trailer: "x-checksum" } : {}) });
  response.write("the body\n");
  response.addTrailers({ "x-checksum": "abc123" });
  response.end();
}

/** `/status/404`; `?afterMs=` for one that takes long. */
async function giveStatus(exchange: Exchange): Promise<void> {
  await readBody(exchange);
  const afterMs = Number(exchange.query.get("afterMs") ?? 0);
  if (afterMs > 0) await pause(afterMs, exchange.signal);
  const code = Number(/^\/status\/(\d{3})/.exec(exchange.request.url ?? "")?.[1] ?? 200);
  const hasBody = code !== 204 && code !== 304;
  exchange.response.writeHead(code, hasBody ? { "content-type": "text/plain" } : {});
  exchange.response.end(hasBody ? `${code}\n` : undefined);
}

async function readBody({ request, visit }: Exchange): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    visit.move(chunk.length);
    hash.update(chunk);
  }
  return { bytes, sha256: hash.digest("hex") };
}
