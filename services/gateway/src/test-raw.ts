import { connect, createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { listening } from "./test-plane.ts";

/** A client that says bytes as they are, and waits for what comes back. */
export type RawClient = {
  readonly socket: Socket;
  say(text: string): void;
  /** Everything that has come, once `isEnough` is content with it. */
  heard(isEnough: (text: string) => boolean): Promise<string>;
  /** Everything that has come, once the other side has closed. */
  ended(): Promise<string>;
};

export function rawClient(t: TestContext, port: number): Promise<RawClient> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  t.after(() => socket.destroy());
  return new Promise((settle, fail) => {
    socket.once("error", fail);
    socket.once("connect", () => settle(listenTo(socket)));
  });
}

function listenTo(socket: Socket): RawClient {
  let text = "";
  let isClosed = false;
  const looks = new Set<() => void>();
  const look = (): void => {
    for (const each of looks) each();
  };
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    look();
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    isClosed = true;
    look();
  });
  const until = (isSo: () => boolean): Promise<string> =>
    new Promise((settle, fail) => {
      const each = (): void => {
        if (!isSo()) return isClosed ? fail(new Error(`closed after: ${text}`)) : undefined;
        looks.delete(each);
        settle(text);
      };
      looks.add(each);
      each();
    });
  return {
    socket,
    say: (bytes) => void socket.write(bytes, "latin1"),
    heard: (isEnough) => until(() => isEnough(text)),
    ended: () => until(() => isClosed),
  };
}

export type RawBackend = {
  readonly port: number;
  /** Connections so far. */
  readonly sockets: Socket[];
  /** All that was said to it. */
  heard(): string;
};

/** A server that answers each piece that it hears with what `answer` says, if anything. */
export async function rawBackend(
  t: TestContext,
  answer: (said: string, socket: Socket) => string | undefined,
): Promise<RawBackend> {
  const sockets: Socket[] = [];
  let heard = "";
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.push(socket);
    let said = "";
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      heard += chunk.toString("latin1");
      said += chunk.toString("latin1");
      const text = answer(said, socket);
      if (text === undefined) return;
      said = "";
      socket.write(text, "latin1");
    });
  });
  return { port: await listening(t, server), sockets, heard: () => heard };
}

/** How often that stands in the text. */
export const timesIn = (text: string, part: string): number => text.split(part).length - 1;
