import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A listening port that can be shut, so that clients are really refused, and opened again where it was. */
export type Door = {
  readonly host: string;
  /** The port it listens on, or did last; what 0 became. */
  port(): number;
  readonly sockets: ReadonlySet<Socket>;
  open(): Promise<void>;
  /** Stops listening at once; connections that stand are left alone. */
  shut(): void;
};

/** How long reopening waits for a port that somebody took meanwhile. Unit: milliseconds. */
const reopenMs = 2000;

/** How long a connection may be silent before its first request. Unit: milliseconds. */
const silenceMs = 10_000;

const connectionsMax = 4096;

export function makeDoor(host: string, port: number, onConnection: (socket: Socket) => void): Door {
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let boundPort = port;
  let isWanted = false;

  function welcome(socket: Socket): void {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // A peer that resets is daily bread here; "close" follows and does the rest.
    socket.on("error", () => undefined);
    socket.on("timeout", () => socket.destroy());
    socket.setTimeout(silenceMs);
    onConnection(socket);
  }

  async function listen(): Promise<void> {
    // Half-open, as node:http has it: a client may end its side and still be answered.
    const next = createServer({ allowHalfOpen: true, noDelay: true }, welcome);
    next.maxConnections = connectionsMax;
    server = next;
    next.listen({ host, port: boundPort });
    await once(next, "listening");
    const address = next.address();
    if (typeof address === "object" && address !== null) boundPort = address.port;
  }

  return {
    host,
    port: () => boundPort,
    sockets,
    async open() {
      isWanted = true;
      if (server?.listening === true) return;
      const deadlineMs = performance.now() + (server === undefined ? 0 : reopenMs);
      for (;;) {
        try {
          await listen();
          // Shut while it was opening.
          if (!isWanted) server?.close();
          return;
        } catch (error) {
          const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
          if (!isTaken || performance.now() >= deadlineMs) throw error;
          await sleep(25);
          if (!isWanted) return;
        }
      }
    },
    shut() {
      isWanted = false;
      server?.close();
    },
  };
}
