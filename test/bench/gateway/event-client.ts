import { connect, type Socket } from "node:net";
import { type Address, serviceHost } from "./addresses.ts";
import { marker } from "./event-server.ts";

/** Many streams from one place, read as fast as they come, or not at all. */
export interface Listeners {
  /** Events that have come, in all. */
  events(): number;
  /** Streams that were answered 200 and are still there. */
  open(): number;
  [Symbol.asyncDispose](): Promise<void>;
}

export type Listening = {
  readonly to: Address;
  /** One stream for each. */
  readonly paths: readonly string[];
  /** Called whenever a stream has brought some, with its place among the paths. */
  readonly onEvents?: (at: number, events: number) => void;
  /** They stop to read once the answer has begun. */
  readonly isSlow?: boolean;
};

/** So many at once are connecting: a backlog that is full would be measured otherwise. */
const connectingMax = 100;

export async function listenToEvents(how: Listening): Promise<Listeners> {
  const lines: Line[] = [];
  for (let from = 0; from < how.paths.length; from += connectingMax) {
    const some = how.paths.slice(from, from + connectingMax);
    lines.push(...(await Promise.all(some.map((_, index) => openLine(how, from + index)))));
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

/** Whoever has not begun to answer by then doesn't. Unit: milliseconds. */
const patienceMs = 20_000;

/** Resolves when the answer has begun, or the connection has ended without one. */
function openLine({ to, paths, onEvents, isSlow = false }: Listening, at: number): Promise<Line> {
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
          if (isFirst) begun();
          isFirst = false;
          const events = countMarkers(piece);
          seen.events += events;
          if (events > 0) onEvents?.(at, events);
          return !isSlow;
        },
      },
    });
    const late = setTimeout(() => socket.destroy(), patienceMs);
    function begun(): void {
      clearTimeout(late);
      resolve({ socket, seen });
    }
    socket.on("connect", () => socket.write(`GET ${paths[at]} HTTP/1.1\r\nhost: ${serviceHost}\r\n\r\n`));
    socket.on("error", () => undefined);
    socket.on("close", begun);
  });
}

function countMarkers(piece: Buffer): number {
  let count = 0;
  for (let at = piece.indexOf(markerCode); at !== -1; at = piece.indexOf(markerCode, at + 1)) count += 1;
  return count;
}
