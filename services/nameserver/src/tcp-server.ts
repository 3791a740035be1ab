import { createServer, type Server, type Socket } from "node:net";
import { makeFrames } from "./frames.ts";

/** A client that is slow, greedy or mute costs a bounded amount (RFC 7766 §6.2). */
export type TcpLimits = {
  /** Unit: milliseconds. From one whole query to the next: single bytes don't count. Default 10,000. */
  readonly idleMs: number;
  /** Past this, the connection that has been idle longest makes room. Default 256. */
  readonly connections: number;
  /** Unit: bytes. Answers that a client has asked for and not read. Default 262,144: four of the largest. */
  readonly unreadBytes: number;
};

export const tcpLimits: TcpLimits = { idleMs: 10_000, connections: 256, unreadBytes: 262_144 };

type Deps = { readonly respond: (query: Buffer) => Uint8Array | undefined; readonly limits: TcpLimits };

export interface TcpServer {
  readonly server: Server;
  /** Ends every connection at once: there is nothing to drain, a DNS client asks again. */
  close(): Promise<void>;
}

export function makeTcpServer({ respond, limits }: Deps): TcpServer {
  /** In the order of their last whole query, so the first one has been idle longest. */
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    const timer = setTimeout(() => socket.destroy(), limits.idleMs);
    const isAlive = (): void => {
      timer.refresh();
      connections.delete(socket);
      connections.add(socket);
    };
    isAlive();
    for (const idle of connections) {
      if (connections.size <= limits.connections) break;
      connections.delete(idle);
      idle.destroy();
    }
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(timer);
      connections.delete(socket);
    });
    const frames = makeFrames((query) => {
      isAlive();
      const reply = respond(query);
      if (!reply) return false;
      socket.write(framed(reply));
      return socket.writableLength <= limits.unreadBytes;
    });
    socket.on("data", (chunk: Buffer) => {
      if (!frames.push(chunk)) socket.destroy();
    });
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of connections) socket.destroy();
    });
  return { server, close };
}

function framed(reply: Uint8Array): Buffer {
  const bytes = Buffer.alloc(2 + reply.length);
  bytes.writeUInt16BE(reply.length);
  bytes.set(reply, 2);
  return bytes;
}
