import type { Server, Socket } from "node:net";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import type { GatewayConfig } from "@sluice/core";
import { sniff } from "@sluice/runtime/sniff";
import type { Hop, Inbound } from "../relay/inbound.ts";
import type { RequestHead } from "../wire/request-head.ts";
import { makeHttp1 } from "./http1.ts";
import { makeHttp2 } from "./http2.ts";
import type { Http2Connection } from "./http2-connection.ts";
import type { Limits } from "./limits.ts";
import { openPlain, openTls } from "./open-door.ts";

/** Where clients come in, and other sites' gateways. */
export interface ClientDoors {
  open(): Promise<void>;
  /** Clients are told to open their next connection elsewhere: `Connection: close`, GOAWAY. */
  drain(): void;
  undrain(): void;
  close(): Promise<void>;
}

export type ClientDoorsOptions = {
  readonly own: GatewayConfig;
  readonly keysDir: string;
  readonly limits: Limits;
  readonly onRequest: (inbound: Inbound) => void;
  readonly onUpgrade: (request: RequestHead, socket: Socket, at: { first: Buffer; hop: Hop | undefined }) => void;
  /** Who a hop's certificate says it is, if that is a gateway of another site. */
  readonly hopOf: (gateway: string) => Hop | undefined;
};

export function makeClientDoors(options: ClientDoorsOptions): ClientDoors {
  const { own, keysDir } = options;
  const entries = makeEntries(options);
  const servers: Server[] = [];

  return {
    async open() {
      const { address } = own;
      const [certFile, keyFile] = [join(keysDir, `${own.name}.crt`), join(keysDir, `${own.name}.tls.key`)];
      const at = { address, certFile, keyFile };
      servers.push(await openPlain({ address, port: own.port }, options.limits, entries.plain));
      if (own.tls) servers.push(await openTls({ ...at, ...own.tls, onSocket: entries.secure }, options.limits));
      const hop = { ...at, port: own.hop.port, caFile: join(keysDir, "mesh-ca.crt"), onSocket: entries.hop };
      servers.push(await openTls(hop, options.limits));
    },
    drain: entries.drain,
    undrain: entries.undrain,
    async close() {
      const closed = servers.map((server) => new Promise<void>((done) => server.close(() => done())));
      entries.close();
      await Promise.all(closed);
    },
  };
}

/** What becomes of a connection: whose it is, which protocol it speaks, and that it is closed when the gateway is. */
function makeEntries(options: ClientDoorsOptions) {
  const { limits } = options;
  const hops = new WeakMap<Socket, Hop>();
  const sockets = new Set<Socket>();
  let isDraining = false;
  let isClosed = false;
  const hopOf = (socket: Socket): Hop | undefined => hops.get(socket);
  const { onRequest } = options;
  const http1 = makeHttp1(limits, {
    onRequest,
    onUpgrade: (request, socket, first) => options.onUpgrade(request, socket, { first, hop: hopOf(socket) }),
    isDraining: () => isDraining,
    hopOf,
  });
  const http2 = makeHttp2(limits, { onRequest, hopOf });

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setNoDelay(true);
  }
  function serve(protocol: "http1" | "http2", socket: Socket): void {
    if (protocol === "http1") return http1.serve(socket);
    const connection = http2.serve(socket);
    // Its client was on the way before it could know.
    if (isDraining) bidGo(connection);
  }
  function secure(socket: TLSSocket): void {
    // It was shaking hands, which nobody can cut short.
    if (isClosed) return void socket.destroy();
    keep(socket);
    serve(socket.alpnProtocol === "h2" ? "http2" : "http1", socket);
  }

  return {
    plain(this: void, socket: Socket): void {
      keep(socket);
      const late = (): void => void socket.destroy();
      socket.setTimeout(limits.sniffMs, late);
      sniff(socket, (protocol) => {
        socket.off("timeout", late);
        socket.setTimeout(0);
        serve(protocol, socket);
      });
    },
    secure,
    /** Only a gateway of another site comes in here, proven by its certificate. */
    hop(this: void, socket: TLSSocket): void {
      const name = gatewayName(socket.getPeerCertificate().subjectaltname);
      const from = socket.authorized && name !== undefined ? options.hopOf(name) : undefined;
      if (!from) return void socket.destroy();
      hops.set(socket, from);
      secure(socket);
    },
    drain(this: void): void {
      isDraining = true;
      for (const connection of http2.connections) bidGo(connection);
    },
    undrain(this: void): void {
      isDraining = false;
    },
    close(this: void): void {
      isClosed = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Unit: milliseconds. Over so long the GOAWAYs of a drain are spread, so that all clients don't come back elsewhere at once. */
const goawaySpreadMs = 2_000;

/** Streams on it go on to their end; the client opens its next ones elsewhere (RFC 9113 §6.8). */
function bidGo(connection: Http2Connection): void {
  setTimeout(() => connection.bidGo(), Math.random() * goawaySpreadMs).unref();
}

/** The only name without a dot in a gateway's certificate is its own; the others are the hosts that it serves. */
const gatewayName = (names: string | undefined): string | undefined =>
  names?.match(/(?:^|, )DNS:([a-z0-9-]+)(?:,|$)/)?.[1];
