import { connect, type Socket } from "node:net";
import { type Address, serviceHost } from "./addresses.ts";
import { marker } from "./event-server.ts";

/** Many streams from one place, read as fast as they come, or not at all. */
export interface Listeners {
  /** Events that have come, in all. */
  events(): number;
  /** Streams that have had 200 and at least one event; when none is read, those with 200. */
  open(): number;
  [Symbol.asyncDispose](): Promise<void>;
}

export type Listening = {
  readonly to: Address;
  readonly path: string;
  readonly streams: number;
  /** They stop to read once the answer has begun. */
  readonly isSlow?: boolean;
};

/** So many at once are connecting: a backlog that is full would be measured otherwise. */
const connectingMax = 100;

export async function listenToEvents(how: Listening): Promise<Listeners> {
  const lines: Line[] = [];
  for (let at = 0; at < how.streams; at += connectingMax) {
    const count = Math.min(connectingMax, how.streams - at);
    lines.push(...(await Promise.all(Array.from({ length: count }, () => openLine(how)))));
  }
  return {
    events: () => lines.reduce((sum, { seen }) => sum + seen.events, 0),
    open: () => lines.filter(({ seen, socket }) => seen.isOk && !socket.destroyed).length,
    async [Symbol.asyncDispose]() {
      for (const { socket } of lines) socket.destroy();
      const open = lines.filter(({ socket }) => !socket.closed);
      await Promise.all(open.map(({ socket }) => new Promise((done) => socket.once("close", done))));
    },
  };
}

type Line = { readonly socket: Socket; readonly seen: { events: number; isOk: boolean } };

/** All sockets read into the same memory, since what is read is only counted. */
const shared = Buffer.alloc(262_144);
const markerCode = marker.charCodeAt(0);

/** Resolves when the answer has begun, or the connection has ended without one. */
function openLine({ to, path, isSlow = false }: Listening): Promise<Line> {
  return new Promise((resolve) => {
    const seen = { events: 0, isOk: false };
    let isFirst = true;
    const socket = connect({
      ...to,
      noDelay: true,
      onread: {
        buffer: shared,
        callback(length, buffer) {
          const piece = (buffer as Buffer).subarray(0, length);
          if (isFirst) seen.isOk = piece.toString("latin1", 0, 12) === "HTTP/1.1 200";
          if (isFirst) resolve({ socket, seen });
          isFirst = false;
          seen.events += countMarkers(piece);
          return !isSlow;
        },
      },
    });
    socket.on("connect", () => socket.write(`GET ${path} HTTP/1.1\r\nhost: ${serviceHost}\r\n\r\n`));
    socket.on("error", () => resolve({ socket, seen }));
    socket.on("close", () => resolve({ socket, seen }));
  });
}

function countMarkers(piece: Buffer): number {
  let count = 0;
  for (let at = piece.indexOf(markerCode); at !== -1; at = piece.indexOf(markerCode, at + 1)) count += 1;
  return count;
}
