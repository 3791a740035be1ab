import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { sendError } from "./reply.ts";
import { type HttpParts, makeRoutes } from "./routes.ts";

/** HTTP/1.1 for sockets that were accepted elsewhere. */
export type HttpSide = {
  /** `isAdmin`: serve `/admin` and nothing else. */
  accept(socket: Socket, isAdmin: boolean): void;
  /** Turns `/health` to 503, ends idle connections now and each busy one after its answer. */
  drain(): void;
};

// Imported as a module, node:http resolves all its exports, WebSocket among them, and that loads undici: 11 MB for nothing.
const { createServer } = process.getBuiltinModule("node:http");

/** Made once: an abort without a reason makes a new exception, stack and all, for each connection that ends. */
const gone = new Error("the caller is gone");

/** What is known of a connection: how many answers it is owed (with pipelining more than one), and when it is gone. */
type Connection = { owed: number; readonly gone: AbortController; readonly isAdmin: boolean };

export function makeHttpSide(parts: HttpParts): HttpSide {
  const connections = new Map<Socket, Connection>();
  let isDraining = false;
  const answer = makeRoutes(parts, () => isDraining);
  const server = quietServer(parts.servedBy, listener);

  function listener(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const connection = connections.get(socket);
    if (connection === undefined) return void socket.destroy();
    connection.owed += 1;
    socket.setTimeout(0);
    response.setHeader("x-served-by", parts.servedBy);
    if (isDraining) response.setHeader("connection", "close");
    response.once("close", () => {
      connection.owed -= 1;
      if (isDraining && connection.owed === 0) socket.destroySoon();
    });
    const exchange = { request, response, signal: connection.gone.signal, isAdmin: connection.isAdmin };
    answer(exchange).catch(() => breakOff(response));
  }

  return {
    accept(socket, isAdmin) {
      const connection = { owed: 0, gone: new AbortController(), isAdmin };
      connections.set(socket, connection);
      socket.once("close", () => {
        connections.delete(socket);
        connection.gone.abort(gone);
      });
      server.emit("connection", socket);
    },
    drain() {
      isDraining = true;
      for (const [socket, { owed }] of connections) if (owed === 0) socket.destroySoon();
    },
  };
}

/** A server that listens nowhere and marks even those answers that node gives by itself. */
function quietServer(servedBy: string, listener: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const server = createServer({ keepAliveTimeout: 75_000 }, listener);
  server.on("checkExpectation", (_request, response) => {
    response.writeHead(417, { "x-served-by": servedBy, "content-length": 0 }).end();
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
    const status = error.code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : "400 Bad Request";
    socket.end(`HTTP/1.1 ${status}\r\nx-served-by: ${servedBy}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
  });
  return server;
}

/** Something failed on our side, or the caller left: say so if that is still possible, else cut the connection. */
function breakOff(response: ServerResponse): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  sendError(response, { code: 500, type: "InternalServerError", message: "the model server failed" });
}
