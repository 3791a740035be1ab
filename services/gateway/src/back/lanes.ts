import { Sweep } from "../wire/sweep.ts";
import type { SentByHttp2 } from "./http2.ts";
import { Lane } from "./lane.ts";
import type { BackLimits, TlsTo } from "./limits.ts";
import { openSocket } from "./open-socket.ts";

/** The HTTP/2 connections to one endpoint: another is opened when those there are carry all the streams they may. */
export interface Lanes {
  /** Sends it on a connection with room for it, as soon as there is one. */
  take(sent: SentByHttp2): void;
  close(): Promise<void>;
  destroy(): void;
}

export function makeLanes(endpoint: string, limits: BackLimits, tls: TlsTo | undefined): Lanes {
  const sweep = new Sweep(limits.idleMs);
  const all = new Set<Lane>();
  /** Those that take requests. */
  const open = new Set<Lane>();
  const ends: (() => void)[] = [];
  let isClosing = false;

  function openLane(): Lane {
    const lane = new Lane({
      limits,
      sweep,
      onGone,
      onCrowded: (sent) => pick().take(sent),
      onLeaving: () => void open.delete(lane),
    });
    all.add(lane);
    open.add(lane);
    sweep.add(lane);
    openSocket({ endpoint, limits, tls, protocol: "h2" }, lane);
    return lane;
  }

  function onGone(lane: Lane): void {
    all.delete(lane);
    open.delete(lane);
    sweep.delete(lane);
    if (isClosing && all.size === 0) for (const done of ends.splice(0)) done();
  }

  /** The lane with the most room; when none has any, a new one, or at the limit the emptiest, where requests wait their turn. */
  function pick(): Lane {
    let best: Lane | undefined;
    for (const lane of open) if (!lane.session.isOver && (best === undefined || lane.room > best.room)) best = lane;
    return best && (best.room > 0 || open.size >= limits.sessions) ? best : openLane();
  }

  return {
    take(sent) {
      if (isClosing) sent.fail({ kind: "connect", detail: "the endpoint is being left" });
      else pick().take(sent);
    },
    async close() {
      isClosing = true;
      for (const lane of all) lane.leave();
      if (all.size > 0) await new Promise<void>((done) => void ends.push(done));
    },
    destroy() {
      isClosing = true;
      for (const lane of all) lane.destroy();
    },
  };
}
