import { readFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { SluiceError } from "@sluice/core";
import type { Limits } from "./limits.ts";

export type At = { readonly address: string; readonly port: number };

/** Listens for connections without TLS. */
export async function openPlain(at: At, limits: Limits, onSocket: (socket: Socket) => void): Promise<Server> {
  const server = createServer(onSocket);
  await listenAt(server, at, limits);
  return server;
}

export type TlsDoor = At & {
  readonly certFile: string;
  readonly keyFile: string;
  /** Given: the other side must show a certificate of this authority. */
  readonly caFile?: string;
  readonly onSocket: (socket: TLSSocket) => void;
};

/** Listens for TLS, and lets the client choose between HTTP/2 and HTTP/1.1 (ALPN, RFC 7301). */
export async function openTls(door: TlsDoor, limits: Limits): Promise<Server> {
  const [cert, key] = await Promise.all([readKey(door.certFile), readKey(door.keyFile)]);
  const proof =
    door.caFile === undefined ? {} : { ca: await readKey(door.caFile), requestCert: true, rejectUnauthorized: true };
  const server = createTlsServer({
    ...proof,
    cert,
    key,
    ALPNProtocols: ["h2", "http/1.1"],
    minVersion: "TLSv1.2",
    handshakeTimeout: limits.sniffMs,
  });
  server.on("secureConnection", door.onSocket);
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  await listenAt(server, door, limits);
  return server;
}

async function readKey(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new SluiceError("KEY_UNREADABLE", `cannot read ${file}: ${(cause as Error).message}`, {
      hint: "Install the gateway's certificate and key, and the mesh's authority, in the key directory.",
      cause,
    });
  }
}

function listenAt(server: Server, { address, port }: At, limits: Limits): Promise<void> {
  server.maxConnections = limits.connections;
  return new Promise((settle, fail) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const isMissing = cause.code === "EADDRNOTAVAIL";
      const hint = isMissing
        ? `On macOS add it first: sudo ifconfig lo0 alias ${address}`
        : `Find the process with \`ss -lntp 'sport = :${port}'\` and stop it, or configure another port.`;
      const code = isMissing ? "ADDRESS_MISSING" : "PORT_TAKEN";
      fail(new SluiceError(code, `cannot serve at ${address}:${port}: ${cause.code}`, { hint, cause }));
    });
    server.listen(port, address, backlog, () => {
      // One connection that can't be accepted, for want of file descriptors for instance, is no reason to end.
      server.on("error", () => undefined);
      settle();
    });
  });
}

/** Connections that wait to be accepted; the kernel may hold fewer (net.core.somaxconn). */
const backlog = 1_024;
