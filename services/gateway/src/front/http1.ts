import type { Socket } from "node:net";
import type { Hop, Inbound } from "../relay/inbound.ts";
import type { RequestHead } from "../wire/request-head.ts";
import { Sweep } from "../wire/sweep.ts";
import { ClientConnection } from "./client-connection.ts";
import type { Limits } from "./limits.ts";

export type Http1Events = {
  readonly onRequest: (inbound: Inbound) => void;
  /** `first`: what came behind the request already. The socket is paused, and the receiver's from here on. */
  readonly onUpgrade: (request: RequestHead, socket: Socket, first: Buffer) => void;
  /** True while the gateway drains: each answer then tells the client to open its next connection elsewhere. */
  readonly isDraining: () => boolean;
  readonly hopOf: (socket: Socket) => Hop | undefined;
};

/** HTTP/1.1 on the connections that are handed to it. */
export interface Http1Server {
  serve(socket: Socket): void;
}

export function makeHttp1(limits: Limits, events: Http1Events): Http1Server {
  const sweep = new Sweep(Math.min(limits.headersMs, limits.keptMs, limits.idleMs));
  return {
    serve(socket) {
      const connection = new ClientConnection(socket, { limits, events, sweep });
      sweep.add(connection);
      socket.once("close", () => sweep.delete(connection));
    },
  };
}
