import { Sweep } from "../wire/sweep.ts";
import type { SentByHttp1 } from "./http1.ts";
import type { BackLimits, TlsTo } from "./limits.ts";
import { openSocket } from "./open-socket.ts";
import { UpstreamConnection } from "./upstream-connection.ts";

/** The HTTP/1.1 connections to one endpoint. The one that was used last is used first, so that those too many grow old. */
export interface Http1Pool {
  /** Sends it on a connection that is free, or on the first that becomes so. */
  take(sent: SentByHttp1): void;
  close(): Promise<void>;
  destroy(): void;
}

export function makeHttp1Pool(endpoint: string, limits: BackLimits, tls: TlsTo | undefined): Http1Pool {
  const sweep = new Sweep(Math.min(limits.keptMs, limits.idleMs));
  const all = new Set<UpstreamConnection>();
  const free: UpstreamConnection[] = [];
  const waiting: SentByHttp1[] = [];
  const ends: (() => void)[] = [];
  let opening = 0;
  let isClosing = false;

  function next(): SentByHttp1 | undefined {
    for (let sent = waiting.shift(); sent !== undefined; sent = waiting.shift()) if (!sent.isOver) return sent;
    return undefined;
  }

  function open(): void {
    opening += 1;
    const connection = new UpstreamConnection({ limits, sweep, onFree, onGone });
    all.add(connection);
    sweep.add(connection);
    openSocket({ endpoint, limits, tls, protocol: "http/1.1" }, connection);
  }

  function onFree(connection: UpstreamConnection): void {
    if (!connection.isUsed) opening -= 1;
    const sent = next();
    if (sent !== undefined) connection.begin(sent);
    else if (isClosing) connection.destroy();
    else free.push(connection);
  }

  function onGone(connection: UpstreamConnection, because: string): void {
    all.delete(connection);
    sweep.delete(connection);
    const at = free.lastIndexOf(connection);
    if (at >= 0) free.splice(at, 1);
    else if (!connection.isReady) {
      opening -= 1;
      const owed = waiting.filter(({ isOver }) => !isOver).length;
      if (owed > opening) next()?.fail({ kind: "connect", detail: because });
    }
    if (waiting.length > opening && all.size < limits.connections) open();
    if (isClosing && all.size === 0) for (const done of ends.splice(0)) done();
  }

  return {
    take(sent) {
      if (isClosing) return sent.fail({ kind: "connect", detail: "the endpoint is being left" });
      for (let connection = free.pop(); connection !== undefined; connection = free.pop())
        if (connection.isUsable) return connection.begin(sent);
      waiting.push(sent);
      if (all.size < limits.connections) open();
    },
    async close() {
      isClosing = true;
      for (const connection of free.splice(0)) connection.destroy();
      if (all.size > 0) await new Promise<void>((done) => void ends.push(done));
    },
    destroy() {
      isClosing = true;
      for (const sent of waiting.splice(0)) sent.fail({ kind: "connect", detail: "the endpoint was left" });
      for (const connection of all) connection.destroy();
    },
  };
}
