import { readFile } from "node:fs/promises";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import type { TlsConfig } from "@sluice/core";
import type { Pinned } from "../guard-target.ts";
import type { LookOptions } from "./look.ts";

/** More than any honest answer to a probe. Unit: bytes. */
export const bodyBytesMax = 65_536;
const headerBytesMax = 16_384;

export type Ask = {
  readonly path: string;
  readonly tls?: TlsConfig | undefined;
  /** Sent by POST as JSON; without it the request is a GET. */
  readonly json?: unknown;
  /** Called with each piece of the body. */
  readonly onPiece?: (piece: Buffer) => void;
};

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
    agent: false,
    host: pinned.address,
    port: pinned.port,
    path: ask.path,
    method: body === undefined ? "GET" : "POST",
    headers: {
      host: `${isIP(pinned.host) === 6 ? `[${pinned.host}]` : pinned.host}:${pinned.port}`,
      "accept-encoding": "identity",
      connection: "close",
      ...(body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
    },
    maxHeaderSize: headerBytesMax,
    signal: options.signal,
    ...(options.localAddress ? { localAddress: options.localAddress } : {}),
  });
  request.once("response", resolve).on("error", reject).end(body);
  try {
    const response = await promise;
    return { status: response.statusCode ?? 0, body: await readBody(response, ask.onPiece) };
  } finally {
    request.destroy();
  }
}

async function readBody(response: IncomingMessage, onPiece: Ask["onPiece"]): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > bodyBytesMax) throw new Error(`body larger than ${bodyBytesMax} bytes`);
    pieces.push(piece);
    onPiece?.(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** What node:tls needs to verify the server by its configured name, whatever address it was reached at. */
export async function tlsOptions(tls: TlsConfig | undefined): Promise<{ servername?: string; ca?: Buffer }> {
  if (!tls) return {};
  return { servername: tls.serverName, ...(tls.caFile === undefined ? {} : { ca: await readFile(tls.caFile) }) };
}
