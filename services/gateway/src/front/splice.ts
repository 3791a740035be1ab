import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { TlsTo } from "../back/limits.ts";
import type { HeaderList } from "../relay/inbound.ts";

export type SpliceTo = {
  readonly address: string;
  readonly tls: TlsTo | undefined;
  /** The request's headers as the other side gets them, without `Connection` and `Upgrade`. */
  readonly headers: HeaderList;
  readonly connectMs: number;
  readonly idleMs: number;
};

/** `unreached`: the client has had no byte, and somebody else may be tried. */
export type SpliceEnd = "unreached" | "ended" | "broken";

/**
 * Connects a client that asks for another protocol (WebSocket, RFC 6455 §1.3) with an endpoint, byte for byte. Whether the
 * endpoint agrees is between the two: its answer, 101 or not, goes back as it is.
 */
export function splice(request: IncomingMessage, client: Socket, to: SpliceTo, first: Buffer): Promise<SpliceEnd> {
  const { host, port } = splitAddress(to.address);
  const at = { host, port };
  const upstream = to.tls ? connectTls({ ...at, ...to.tls, ALPNProtocols: ["http/1.1"] }) : connect(at);
  const { promise, resolve } = Promise.withResolvers<SpliceEnd>();
  let isReached = false;
  const timer = setTimeout(() => upstream.destroy(), to.connectMs);
  upstream.once(to.tls ? "secureConnect" : "connect", () => {
    clearTimeout(timer);
    isReached = true;
    upstream.setNoDelay(true);
    upstream.write(headOf(request, to.headers));
    if (first.length > 0) upstream.write(first);
    for (const socket of [client, upstream]) socket.setTimeout(to.idleMs, () => socket.destroy());
    client.pipe(upstream);
    upstream.pipe(client);
  });
  upstream.on("error", () => upstream.destroy());
  upstream.once("close", () => {
    clearTimeout(timer);
    if (!isReached) return resolve("unreached");
    client.destroySoon();
  });
  client.on("error", () => client.destroy());
  client.once("close", () => {
    upstream.destroy();
    if (isReached) resolve(client.errored || upstream.errored ? "broken" : "ended");
  });
  return promise;
}

function headOf({ method, url, headers }: IncomingMessage, list: HeaderList): string {
  let head = `${method} ${url} HTTP/1.1\r\nhost: ${headers.host}\r\nconnection: upgrade\r\nupgrade: ${headers.upgrade}\r\n`;
  for (let index = 0; index < list.length; index += 2) head += `${list[index]}: ${list[index + 1]}\r\n`;
  return `${head}\r\n`;
}

function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const end = address.lastIndexOf(":");
  return { host: address.slice(0, end).replace(/^\[|\]$/g, ""), port: Number(address.slice(end + 1)) };
}
