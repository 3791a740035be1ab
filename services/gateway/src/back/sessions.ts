import type { ClientHttp2Session } from "node:http2";
import type { BackLimits } from "./limits.ts";

/** The HTTP/2 connections to one endpoint: another is opened when those there are carry all the streams they may. */
export interface Sessions {
  /** Hands over a connection with room for a stream, or the reason why none could be had. */
  take(use: Use): void;
  close(): Promise<void>;
  destroy(): void;
}

/** One connection. Whoever opens a stream on it counts it in, and out when it has closed. */
export type Lane = { readonly session: ClientHttp2Session; streams: number };

type Use = (lane: Lane | Error) => void;
type Opening = Lane & { isReady: boolean; readonly waiting: Use[] };

/** Streams on one connection where the other side names no limit (RFC 9113 §6.5.2 recommends at least 100). */
const streamsUnsaid = 100;

export function makeSessions(open: () => ClientHttp2Session, limits: BackLimits): Sessions {
  const lanes = new Set<Opening>();
  let isClosing = false;

  function openLane(): Opening {
    const session = open();
    const lane: Opening = { session, streams: 0, isReady: false, waiting: [] };
    lanes.add(lane);
    const late = (): void => session.destroy(new Error(`no connection within ${limits.connectMs} ms`));
    const timer = setTimeout(late, limits.connectMs);
    const drop = (error: Error): void => {
      clearTimeout(timer);
      lanes.delete(lane);
      for (const use of lane.waiting.splice(0)) use(error);
    };
    // The other side's settings come first of all; before them nobody knows how many streams it takes.
    session.once("remoteSettings", () => {
      clearTimeout(timer);
      lane.isReady = true;
      for (const use of lane.waiting.splice(0)) use(lane);
    });
    session.on("error", drop);
    session.once("goaway", () => void lanes.delete(lane));
    session.once("close", () => drop(new Error("the connection was closed")));
    return lane;
  }

  /** The lane with the most room; when none has any, a new one, or at the limit the emptiest, where streams wait their turn. */
  function pick(): Opening {
    let best: Opening | undefined;
    for (const lane of lanes) {
      const isGone = lane.session.closed || lane.session.destroyed;
      if (!isGone && (best === undefined || room(lane) > room(best))) best = lane;
    }
    return best && (room(best) > 0 || lanes.size >= limits.sessions) ? best : openLane();
  }

  return {
    take(use) {
      if (isClosing) return use(new Error("the endpoint is being left"));
      const lane = pick();
      if (lane.isReady) use(lane);
      else lane.waiting.push(use);
    },
    async close() {
      isClosing = true;
      await Promise.all(Array.from(lanes, ({ session }) => new Promise<void>((done) => session.close(done))));
    },
    destroy() {
      isClosing = true;
      for (const { session } of lanes) session.destroy();
    },
  };
}

function room({ session, streams, waiting }: Opening): number {
  return (session.remoteSettings?.maxConcurrentStreams ?? streamsUnsaid) - streams - waiting.length;
}
