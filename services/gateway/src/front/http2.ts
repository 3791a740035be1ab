import type { Socket } from "node:net";
import type { Hop, Inbound } from "../relay/inbound.ts";
import { Sweep } from "../wire/sweep.ts";
import { Http2Connection } from "./http2-connection.ts";
import type { Limits } from "./limits.ts";

export type Http2Events = {
  readonly onRequest: (inbound: Inbound) => void;
  readonly hopOf: (socket: Socket) => Hop | undefined;
};

/** HTTP/2 on the connections that are handed to it. */
export interface Http2Server {
  serve(socket: Socket): Http2Connection;
  readonly connections: ReadonlySet<Http2Connection>;
}

export function makeHttp2(limits: Limits, events: Http2Events): Http2Server {
  const sweep = new Sweep(Math.min(limits.headersMs, limits.keptMs, limits.idleMs));
  const connections = new Set<Http2Connection>();
  return {
    connections,
    serve(socket) {
      const connection = new Http2Connection(socket, { limits, events, sweep });
      connections.add(connection);
      sweep.add(connection);
      socket.once("close", () => {
        connections.delete(connection);
        sweep.delete(connection);
      });
      return connection;
    },
  };
}
