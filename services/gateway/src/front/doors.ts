import { readFile } from "node:fs/promises";
import type { IncomingMessage, Server as HttpServer } from "node:http";
import type { ServerHttp2Session } from "node:http2";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { type GatewayConfig, SluiceError } from "@sluice/core";
import type { Hop, Inbound } from "../relay/inbound.ts";
import { makeHttp1 } from "./http1.ts";
import { makeHttp2 } from "./http2.ts";
import type { Limits } from "./limits.ts";
import { sniff } from "./sniff.ts";

/** Where clients come in, and other sites' gateways. */
export interface Doors {
  open(): Promise<void>;
  /** Clients are told to open their next connection elsewhere: `Connection: close`, GOAWAY. */
  drain(): void;
  undrain(): void;
  close(): Promise<void>;
}

export type DoorsOptions = {
  readonly own: GatewayConfig;
  readonly keysDir: string;
  readonly limits: Limits;
  readonly onRequest: (inbound: Inbound) => void;
  readonly onUpgrade: (request: IncomingMessage, socket: Socket, at: { first: Buffer; hop: Hop | undefined }) => void;
  /** Who a hop's certificate says it is, if that is a gateway of another site. */
  readonly hopOf: (gateway: string) => Hop | undefined;
};

/** Unit: milliseconds. Over so long the GOAWAYs of a drain are spread, so that all clients don't come back elsewhere at once. */
const goawaySpreadMs = 2_000;

export function makeClientDoors(options: DoorsOptions): Doors {
  const { own, limits } = options;
  const hops = new WeakMap<object, Hop>();
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const servers: Server[] = [];
  let isDraining = false;
  const hopOf = (socket: object): Hop | undefined => hops.get(socket);

  const http1 = makeHttp1(limits, {
    onRequest: options.onRequest,
    onUpgrade: (request, socket, first) => options.onUpgrade(request, socket, { first, hop: hopOf(socket) }),
    isDraining: () => isDraining,
    hopOf,
  });
  const http2 = makeHttp2(limits, { onRequest: options.onRequest, onSession: keepSession, hopOf });

  function keepSession(session: ServerHttp2Session): void {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    // A session that comes while the gateway drains was on its way before its client could know.
    if (isDraining) bidGo(session);
  }

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setNoDelay(true);
  }

  function serve(protocol: "http1" | "http2", socket: Socket): void {
    socket.setTimeout(0);
    (protocol === "http2" ? http2 : (http1 as unknown as HttpServer)).emit("connection", socket);
  }

  function plain(socket: Socket): void {
    keep(socket);
    socket.setTimeout(limits.sniffMs, () => socket.destroy());
    sniff(socket, (protocol) => {
      socket.removeAllListeners("timeout");
      serve(protocol, socket);
    });
  }

  function secure(socket: TLSSocket): void {
    keep(socket);
    serve(socket.alpnProtocol === "h2" ? "http2" : "http1", socket);
  }

  /** Only a gateway of another site comes in here, proven by its certificate. */
  function hop(socket: TLSSocket): void {
    const name = (socket.getPeerCertificate().subjectaltname ?? "").match(/(?:^|, )DNS:([a-z0-9-]+)(?:,|$)/)?.[1];
    const from = socket.authorized && name !== undefined ? options.hopOf(name) : undefined;
    if (!from) return void socket.destroy();
    hops.set(socket, from);
    secure(socket);
  }

  async function openTls(at: TlsDoor): Promise<void> {
    const { port, files, ca, onSocket } = at;
    const [cert, key] = await Promise.all([readKey(files.cert), readKey(files.key)]);
    const asks = ca === undefined ? {} : { ca: await readKey(ca), requestCert: true, rejectUnauthorized: true };
    const options = { cert, key, ...asks, ALPNProtocols: ["h2", "http/1.1"], minVersion: "TLSv1.2" as const };
    const server = createTlsServer({ ...options, handshakeTimeout: limits.sniffMs }, onSocket);
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    servers.push(server);
    await listenAt(server, own.address, port, limits);
  }

  return {
    async open() {
      const files = { cert: join(options.keysDir, `${own.name}.crt`), key: join(options.keysDir, `${own.name}.tls.key`) };
      const server = createServer(plain);
      servers.push(server);
      await listenAt(server, own.address, own.port, limits);
      if (own.tls) {
        const { port, certFile = files.cert, keyFile = files.key } = own.tls;
        await openTls({ port, files: { cert: certFile, key: keyFile }, ca: undefined, onSocket: secure });
      }
      await openTls({ port: own.hop.port, files, ca: join(options.keysDir, "mesh-ca.crt"), onSocket: hop });
    },
    drain() {
      isDraining = true;
      for (const session of sessions) bidGo(session);
    },
    undrain() {
      isDraining = false;
    },
    async close() {
      const closed = servers.map((server) => new Promise<void>((done) => server.close(() => done())));
      for (const socket of sockets) socket.destroy();
      http1.close();
      http2.close();
      await Promise.all(closed);
    },
  };
}

type TlsDoor = {
  readonly port: number;
  readonly files: { readonly cert: string; readonly key: string };
  /** Given: the other side must show a certificate of this authority. */
  readonly ca: string | undefined;
  readonly onSocket: (socket: TLSSocket) => void;
};

/** Streams on it go on to their end; the client opens its next ones elsewhere (RFC 9113 §6.8). */
function bidGo(session: ServerHttp2Session): void {
  const timer = setTimeout(() => {
    if (!session.closed && !session.destroyed) session.close();
  }, Math.random() * goawaySpreadMs);
  timer.unref();
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

function listenAt(server: Server, address: string, port: number, limits: Limits): Promise<void> {
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
    server.listen(port, address, 1_024, () => settle());
  });
}
