import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { BackLimits, TlsTo } from "./limits.ts";

/** Whose socket it is, and who is told what becomes of it. */
export interface SocketOwner {
  own(socket: Socket): void;
  ready(): void;
  read(chunk: Buffer): void;
  /** What was read into a buffer that the next read will overwrite. False: reads no more for now. */
  readShared(buffer: Buffer, end: number): boolean;
  drained(): void;
  /** The other side sends no more. */
  ended(): void;
  gone(because: string): void;
}

export type OpenTo = {
  readonly endpoint: string;
  readonly limits: BackLimits;
  readonly tls: TlsTo | undefined;
  /** What is to be spoken; over TLS the other side has to agree (ALPN, RFC 7301). */
  readonly protocol: "http/1.1" | "h2";
};

/** Connects, and lets the owner know when the socket can be used and what comes over it. */
export function openSocket({ endpoint, limits, tls, protocol }: OpenTo, owner: SocketOwner): void {
  const at = splitAddress(endpoint);
  let socket: Socket;
  if (tls) {
    const secure = connectTls({ ...at, ...tls, ALPNProtocols: [protocol] });
    secure.once("secureConnect", () => {
      if (secure.alpnProtocol !== protocol && protocol === "h2") secure.destroy(new Error("it doesn't speak HTTP/2"));
    });
    secure.on("data", (chunk: Buffer) => owner.read(chunk));
    socket = secure;
  } else {
    socket = connect({
      ...at,
      onread: { buffer: readBuffer, callback: (bytes) => owner.readShared(readBuffer, bytes) },
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
    if (socket.destroyed) return;
    socket.setNoDelay(true);
    owner.ready();
  });
  socket.on("end", () => owner.ended());
  socket.on("drain", () => owner.drained());
  socket.once("close", () => {
    clearTimeout(late);
    owner.gone(error?.message ?? "the connection was closed");
  });
  owner.own(socket);
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
