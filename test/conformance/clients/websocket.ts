import { once } from "node:events";
import { WebSocket } from "ws";

/** ws's client, one connection. */
export interface Talk {
  readonly servedBy: string;
  readonly socket: WebSocket;
  /** Sends something and waits for what comes back. */
  echo(message: string | Buffer): Promise<{ readonly data: Buffer; readonly isBinary: boolean }>;
  /** Closes with this code and waits for the other side's word. */
  close(code: number, reason: string): Promise<{ readonly code: number; readonly reason: string }>;
}

export async function openTalk(
  url: string,
  { headers, ca, protocols = [] }: { headers: Readonly<Record<string, string>>; ca?: string; protocols?: string[] },
): Promise<Talk> {
  const servername = (headers["host"] ?? "").replace(/:\d+$/, "");
  const socket = new WebSocket(url, protocols, { headers, ...(ca === undefined ? {} : { ca, servername }) });
  const hello = once(socket, "message");
  await once(socket, "open");
  const [greeting] = (await hello) as [Buffer];
  return {
    servedBy: greeting.toString(),
    socket,
    async echo(message) {
      const answer = once(socket, "message");
      socket.send(message);
      const [data, isBinary] = (await answer) as [Buffer, boolean];
      return { data, isBinary };
    },
    async close(code, reason) {
      const closed = once(socket, "close");
      socket.close(code, reason);
      const [theirCode, theirReason] = (await closed) as [number, Buffer];
      return { code: theirCode, reason: theirReason.toString() };
    },
  };
}
