import type { Socket } from "node:net";

/** What a client begins with (RFC 9113 §3.4) when it speaks HTTP/2 without asking first, as gRPC over cleartext does. */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/**
 * Tells HTTP/2 from HTTP/1.1 by the first bytes and gives them back to the socket. Prefix by prefix, since "P|RI" and "PO|ST"
 * may arrive in pieces. The caller bounds the wait with a timeout on the socket; a socket that ends first is destroyed.
 */
export function sniff(socket: Socket, onProtocol: (protocol: "http1" | "http2") => void): void {
  let seen = Buffer.alloc(0);

  const look = (): void => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    seen = Buffer.concat([seen, chunk]);
    const length = Math.min(seen.length, preface.length);
    const isAlike = seen.compare(preface, 0, length, 0, length) === 0;
    if (isAlike && length < preface.length) return;
    socket.off("readable", look);
    socket.off("end", leave);
    socket.unshift(seen);
    onProtocol(isAlike ? "http2" : "http1");
  };
  const leave = (): void => void socket.destroy();

  socket.on("readable", look);
  socket.on("end", leave);
}
