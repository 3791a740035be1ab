import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { HttpParts } from "./http.ts";
import { callHeader } from "./ledger.ts";

export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** `/ws` is a WebSocket that says who it is and then echoes; a refusal of it and any other protocol by plain bytes beside. */
export function makeUpgradeListener(parts: HttpParts): UpgradeListener {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: 16 * 1024 * 1024,
    handleProtocols: (all) => [...all][0] ?? false,
  });
  return (request, socket, head) => {
    const visit = parts.ledger.arrive(String(request.headers[callHeader] ?? ""), {
      method: request.method ?? "",
      url: request.url ?? "",
      version: request.httpVersion,
      headers: { ...request.headers },
    });
    socket.once("close", () => visit.end("whole"));
    socket.on("error", () => socket.destroy());
    if (request.url?.startsWith("/refuse-upgrade")) {
      return void socket.end(
        "HTTP/1.1 403 Forbidden\r\nx-served-by: " +
          parts.name +
          "\r\ncontent-length: 3\r\nconnection: close\r\n\r\nno\n",
      );
    }
    if (request.headers.upgrade?.toLowerCase() !== "websocket") return echoBytes(socket, head, parts.name);
    server.handleUpgrade(request, socket, head, (client) => {
      client.on("error", () => client.terminate());
      client.send(parts.name);
      client.on("message", (data, isBinary) => client.send(data, { binary: isBinary }));
      // ws answers a close with the code it was given, as RFC 6455 §5.5.1 has it.
    });
  };
}

/** Any other protocol: what comes goes back, in raw bytes. */
function echoBytes(socket: Duplex, head: Buffer, name: string): void {
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\nx-served-by: ${name}\r\n\r\n`,
  );
  socket.write(head);
  socket.pipe(socket);
}
