import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import { SluiceError } from "@sluice/core";

/** What answers a packet; undefined is silence. It never throws. */
export type Responder = (query: Buffer, transport: "udp" | "tcp") => Uint8Array | undefined;

/** Limits of the TCP side (RFC 7766 §6.2): a client that is slow, greedy or mute costs a bounded amount. */
const tcpLimits = { idleMs: 10_000, connections: 256, pipelinedBytes: 65_537 * 4 } as const;

export type DnsSockets = { readonly port: number; close(): Promise<void> };

/** Listens for DNS on UDP and TCP at one address and port; port 0 takes any that is free on both. */
export async function openSockets(
  at: { readonly address: string; readonly port: number },
  respond: Responder,
): Promise<DnsSockets> {
  const udp = createSocket({ type: at.address.includes(":") ? "udp6" : "udp4" });
  const tcp = createServer((socket) => serveConnection(socket, respond));
  tcp.maxConnections = tcpLimits.connections;
  try {
    await listenTcp(tcp, at);
    const bound = tcp.address();
    const port = typeof bound === "object" && bound ? bound.port : at.port;
    await bindUdp(udp, { address: at.address, port });
    udp.on("message", (query, from) => {
      const reply = respond(query, "udp");
      if (reply) udp.send(reply, from.port, from.address);
    });
    udp.on("error", () => undefined);
    return { port, close: () => closeBoth(udp, tcp) };
  } catch (cause) {
    tcp.close();
    const { code } = cause as NodeJS.ErrnoException;
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

/** One connection: messages with two bytes of length before them, several in a row, in any pieces (RFC 7766 §8). */
function serveConnection(socket: Socket, respond: Responder): void {
  let received: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.setTimeout(tcpLimits.idleMs, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (received.length > tcpLimits.pipelinedBytes) return socket.destroy();
    while (received.length >= 2) {
      const length = received.readUInt16BE(0);
      if (length < 12) return socket.destroy();
      if (received.length < 2 + length) return undefined;
      const reply = respond(received.subarray(2, 2 + length), "tcp");
      received = received.subarray(2 + length);
      if (!reply) return socket.destroy();
      const head = Buffer.alloc(2);
      head.writeUInt16BE(reply.length);
      // A client that does not read what it asked for is dropped, rather than answered into memory.
      if (!socket.write(Buffer.concat([head, reply])) && socket.writableLength > tcpLimits.pipelinedBytes)
        return socket.destroy();
    }
    return undefined;
  });
}

const listenTcp = (server: Server, at: { address: string; port: number }): Promise<void> =>
  new Promise((settle, fail) => {
    server.once("error", fail);
    server.listen(at.port, at.address, () => settle());
  });

const bindUdp = (socket: UdpSocket, at: { address: string; port: number }): Promise<void> =>
  new Promise((settle, fail) => {
    socket.once("error", fail);
    socket.bind(at.port, at.address, () => {
      socket.off("error", fail);
      settle();
    });
  });

function closeBoth(udp: UdpSocket, tcp: Server): Promise<void> {
  udp.close();
  return new Promise((resolve) => {
    tcp.close(() => resolve());
    // Nothing to drain: a DNS client asks again.
    tcp.getConnections(() => undefined);
  });
}
