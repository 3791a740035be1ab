import type { IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { connect, isIP, type TcpNetConnectOpts } from "node:net";
import type { TlsConfig } from "@sluice/core";
import type { Pinned } from "../guard-target.ts";
import type { LookOptions } from "./look.ts";
import { tlsOptions } from "./tls.ts";

// Importing node:http as a module loads all of fetch and WebSocket with it, 15 MB, since each of its names is read; this does not.
const { request: requestHttp } = process.getBuiltinModule("node:http");

/** More than any honest answer to a probe that asks for no metrics. Unit: bytes. */
export const bodyBytesMax = 65_536;
const headerBytesMax = 16_384;

export type Ask = {
  readonly path: string;
  readonly tls?: TlsConfig | undefined;
  /** Sent by POST as JSON; without it the request is a GET. */
  readonly json?: unknown;
  /** A longer body is an error. Unit: bytes. Default: `bodyBytesMax`. */
  readonly bytesMax?: number;
  /** Called with each piece of the body. */
  readonly onPiece?: (piece: Buffer) => void;
};

/** Made once: every response closes, and most of them after their end. */
const cutOff = new Error("aborted");

const connectPlain = (options: object) => connect(options as TcpNetConnectOpts);

/** One request on a connection of its own: no redirects, no decompression, everything bounded. */
export async function fetchOnce(
  pinned: Pinned,
  ask: Ask,
  options: LookOptions,
): Promise<{ status: number; body: string }> {
  const tls = await tlsOptions(ask.tls);
  const body = ask.json === undefined ? undefined : JSON.stringify(ask.json);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = (ask.tls ? requestHttps : requestHttp)({
    ...tls,
    ...(ask.tls ? { agent: false } : { createConnection: connectPlain }),
    host: pinned.address,
    port: pinned.port,
    path: ask.path,
    method: body === undefined ? "GET" : "POST",
    headers: {
      host: authorityOf(pinned, ask.tls),
      "accept-encoding": "identity",
      connection: "close",
      ...(body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
    },
    maxHeaderSize: headerBytesMax,
    ...(options.localAddress ? { localAddress: options.localAddress } : {}),
  });
  const cut = (): void => void request.destroy(options.signal.reason);
  if (options.signal.aborted) cut();
  else options.signal.addEventListener("abort", cut, { once: true });
  request.once("response", resolve).on("error", reject).end(body);
  // A server that switches protocols unasked gets no connection, and Node says no more about it than this.
  request.once("upgrade", (response) => reject(new Error(`status ${response.statusCode}`)));
  try {
    const response = await promise;
    return { status: response.statusCode ?? 0, body: await readBody(response, ask) };
  } finally {
    options.signal.removeEventListener("abort", cut);
    request.destroy();
  }
}

/** Whom the request is for: with TLS the name on the certificate, as a client asks, so that a router knows its backend. */
export function authorityOf(pinned: Pinned, tls: TlsConfig | undefined): string {
  const host = tls?.serverName ?? pinned.host;
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return pinned.port === (tls ? 443 : 80) ? name : `${name}:${pinned.port}`;
}

function readBody(response: IncomingMessage, { onPiece, bytesMax = bodyBytesMax }: Ask): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const pieces: Buffer[] = [];
  let bytes = 0;
  response.on("data", (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > bytesMax) return void response.destroy(new Error(`body larger than ${bytesMax} bytes`));
    pieces.push(piece);
    onPiece?.(piece);
  });
  response.once("end", () => resolve(Buffer.concat(pieces).toString("utf8")));
  response.once("error", reject);
  // Without an end before it, it was cut off without a word.
  response.once("close", () => reject(cutOff));
  return promise;
}
