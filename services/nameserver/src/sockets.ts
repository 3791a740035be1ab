import { createSocket, type Socket as UdpSocket } from "node:dgram";
import type { Server } from "node:net";
import { SluiceError } from "@sluice/core";
import { makeTcpServer, type TcpLimits, tcpLimits } from "./tcp-server.ts";

/** What answers a packet; undefined is silence. It never throws. */
export type Responder = (query: Buffer, transport: "udp" | "tcp") => Uint8Array | undefined;

export type SocketDeps = {
  readonly respond: Responder;
  /** A reply that could not be sent, or a socket in trouble. Nothing stops for it. */
  readonly onTrouble: (where: "udp-send" | "udp" | "tcp", error: Error) => void;
  readonly limits?: Partial<TcpLimits>;
};

export type DnsSockets = { readonly port: number; close(): Promise<void> };

type At = { readonly address: string; readonly port: number };

/** Any port may be free for TCP and taken for UDP, so it is looked for a few times. */
const anyPortTries = 20;

/** Listens for DNS on UDP and TCP at one address and port; port 0 takes any that is free on both. */
export async function openSockets(at: At, deps: SocketDeps): Promise<DnsSockets> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await openBoth(at, deps);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (at.port === 0 && code === "EADDRINUSE" && tries < anyPortTries) continue;
      const isMissing = code === "EADDRNOTAVAIL";
      const hint = isMissing
        ? `On macOS add it first: sudo ifconfig lo0 alias ${at.address}`
        : `Find the process with \`ss -lnptu 'sport = :${at.port}'\` and stop it, or configure another port.`;
      throw new SluiceError(
        isMissing ? "ADDRESS_MISSING" : "PORT_TAKEN",
        `cannot serve DNS at ${at.address}:${at.port}: ${code}`,
        { hint, cause },
      );
    }
  }
}

async function openBoth(at: At, { respond, onTrouble, limits }: SocketDeps): Promise<DnsSockets> {
  const udp = createSocket({ type: at.address.includes(":") ? "udp6" : "udp4" });
  const tcp = makeTcpServer({ respond: (query) => respond(query, "tcp"), limits: { ...tcpLimits, ...limits } });
  try {
    await listenTcp(tcp.server, at);
    const bound = tcp.server.address();
    const port = typeof bound === "object" && bound ? bound.port : at.port;
    await bindUdp(udp, { address: at.address, port });
    tcp.server.on("error", (error) => onTrouble("tcp", error));
    udp.on("error", (error) => onTrouble("udp", error));
    udp.on("message", (query, from) => {
      // Nobody can be answered at port 0, which only a forged packet comes from; sending there would throw.
      const reply = from.port === 0 ? undefined : respond(query, "udp");
      if (reply) udp.send(reply, from.port, from.address, (error) => error && onTrouble("udp-send", error));
    });
    const close = async (): Promise<void> => {
      await Promise.all([closeUdp(udp), tcp.close()]);
    };
    return { port, close };
  } catch (error) {
    await Promise.all([closeUdp(udp), tcp.close()]);
    throw error;
  }
}

const closeUdp = (udp: UdpSocket): Promise<void> => new Promise((resolve) => udp.close(() => resolve()));

const listenTcp = (server: Server, at: At): Promise<void> =>
  new Promise((settle, fail) => {
    server.once("error", fail);
    server.listen(at.port, at.address, () => {
      server.off("error", fail);
      settle();
    });
  });

const bindUdp = (socket: UdpSocket, at: At): Promise<void> =>
  new Promise((settle, fail) => {
    socket.once("error", fail);
    socket.bind(at.port, at.address, () => {
      socket.off("error", fail);
      settle();
    });
  });
