import { createServer, type Socket } from "node:net";
import { type Address, port } from "./addresses.ts";

/** Counted at the other end: it comes once in an event and nowhere else. */
export const marker = "!";

/** A piece of HTTP/1.1's chunked coding for each event, of about the size that a token of a chat comes in. */
const event = `data: {"choices":[{"delta":{"content":"water${marker}"}}],"id":"cmpl-1","object":"chat.completion.chunk"}\n\n`;
const chunkOf = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const one = Buffer.from(chunkOf(event));
const batchEvents = 8;
const batch = Buffer.from(chunkOf(event).repeat(batchEvents));
const block = Buffer.from(chunkOf("x".repeat(65_536)));
const tickEveryMs = 1_000;

export const blockBytes = 65_536;

/** A backend of streams on bare sockets, so that it is faster than whatever stands before it. It runs in this process. */
export interface EventServer {
  readonly address: Address;
  newFlow(): Flow;
  /** Blocks that were given to the kernel, in all. */
  blocksSent(): number;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A stream whose next few events are sent when the last few have arrived, without end. With nothing to hold it a sender fills
 * megabytes of the kernel for each stream, and a proxy in Node then reads for seconds before it looks at anything else.
 */
export interface Flow {
  readonly path: string;
  /** The client has read so many more. */
  arrived(events: number): void;
}

/**
 * `/flow/…`: see `Flow`. `/tick`: one a second, without end. `/blocks/1024`: so many blocks
 * of 64 KiB, as fast as they are taken.
 */
export async function startEventServer(host: string): Promise<EventServer> {
  const sockets = new Set<Socket>();
  const ticking = new Set<Socket>();
  const flows: Flows = new Map();
  let blocksSent = 0;

  function answer(socket: Socket, path: string): void {
    socket.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
    const left = Number(/^\/blocks\/(\d+)/.exec(path)?.[1] ?? 0);
    if (left > 0) return pour(socket, left);
    const flow = flows.get(path);
    if (flow) return flow(socket);
    ticking.add(socket);
    socket.write(one);
    return undefined;
  }

  function pour(socket: Socket, left: number): void {
    if (socket.destroyed) return;
    if (left === 0) return void socket.end("0\r\n\r\n");
    socket.write(block, () => {
      blocksSent += 1;
      pour(socket, left - 1);
    });
  }

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    // A client that leaves is no news here.
    socket.on("error", () => undefined);
    socket.once("close", () => {
      sockets.delete(socket);
      ticking.delete(socket);
    });
    let asked = "";
    socket.on("data", (piece: Buffer) => {
      asked += piece;
      if (!asked.includes("\r\n\r\n")) return;
      const path = asked.split(" ")[1] ?? "/";
      asked = "";
      answer(socket, path);
    });
  });
  const ticker = setInterval(() => {
    for (const socket of ticking) socket.write(one);
  }, tickEveryMs);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 4_096 }, resolve);
  });
  return {
    address: { host, port },
    newFlow: () => openFlow(flows),
    blocksSent: () => blocksSent,
    async [Symbol.asyncDispose]() {
      clearInterval(ticker);
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** What is done with the connection that asks for a path. */
type Flows = Map<string, (socket: Socket) => void>;

function openFlow(flows: Flows): Flow {
  const path = `/flow/${flows.size}`;
  let socket: Socket | undefined;
  let onTheWay = 0;
  const send = (): void => {
    onTheWay = batchEvents;
    if (socket?.destroyed === false) socket.write(batch);
  };
  flows.set(path, (asked) => {
    socket = asked;
    send();
  });
  return {
    path,
    arrived(events) {
      onTheWay -= events;
      if (onTheWay <= 0) send();
    },
  };
}
