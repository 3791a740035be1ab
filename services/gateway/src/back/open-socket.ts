import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { BackLimits, TlsTo } from "./limits.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";

export type OpenTo = { readonly endpoint: string; readonly limits: BackLimits; readonly tls: TlsTo | undefined };

/** Connects, and lets the connection know when it can be used and what comes over it. */
export function openSocket({ endpoint, limits, tls }: OpenTo, connection: UpstreamConnection): void {
  const at = splitAddress(endpoint);
  let socket: Socket;
  if (tls) {
    socket = connectTls({ ...at, ...tls, ALPNProtocols: ["http/1.1"] });
    socket.on("data", (chunk: Buffer) => connection.read(chunk));
  } else {
    socket = connect({
      ...at,
      onread: { buffer: readBuffer, callback: (bytes) => connection.readShared(readBuffer, bytes) },
    });
  }
  const late = setTimeout(() => {
    socket.destroy(new Error(`no connection within ${limits.connectMs} ms`));
  }, limits.connectMs);
  let error: Error | undefined;
  socket.on("error", (cause) => {
    error = cause;
    socket.destroy();
  });
  socket.once(tls ? "secureConnect" : "connect", () => {
    clearTimeout(late);
    socket.setNoDelay(true);
    connection.ready();
  });
  socket.on("end", () => connection.ended());
  socket.on("drain", () => connection.drained());
  socket.once("close", () => {
    clearTimeout(late);
    connection.gone(error?.message ?? "the connection was closed");
  });
  connection.own(socket);
}

/**
 * One for all connections: what has been read is looked at before the next read, and what is passed on is copied. Each with a
 * buffer of its own, as streams have it, costs an allocation for each read.
 */
const readBuffer = Buffer.allocUnsafeSlow(65_536);

export function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const end = address.lastIndexOf(":");
  return { host: address.slice(0, end).replace(/^\[|\]$/g, ""), port: Number(address.slice(end + 1)) };
}
