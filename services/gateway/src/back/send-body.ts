import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { chunkLine, chunkText, lastChunk, latin1, shortBytes } from "../wire/chunk-text.ts";

export type BodyTo = {
  readonly socket: Socket;
  /** The request's head, which the first piece travels with if it is there. */
  readonly text: string;
  /** What the head promises; undefined: the body goes in chunks. */
  readonly bytes: number | undefined;
  /** False: it was shorter or longer than was promised, and what follows on the connection would be misread. */
  readonly onSent: (isWhole: boolean) => void;
};

/**
 * Sends a request's body at the pace of the socket; the returned function ends that. Not `pipe`, which would destroy what another
 * attempt still needs.
 */
export function sendBody(body: Readable, { socket, text, bytes, onSent }: BodyTo): () => void {
  const isChunked = bytes === undefined;
  let left = bytes ?? 0;
  const stop = (): void => {
    body.off("data", onData);
    body.off("end", onEnd);
  };
  const onData = (chunk: Buffer): void => {
    if (!isChunked) {
      left -= chunk.length;
      if (left < 0) return over(false);
    }
    if (!write(socket, chunk, isChunked)) body.pause();
  };
  const onEnd = (): void => {
    if (isChunked) socket.write(lastChunk(undefined), "latin1");
    over(left === 0);
  };
  const over = (isWhole: boolean): void => {
    stop();
    onSent(isWhole);
  };
  // What is there of the body already arrives in the next turn's beginning, and leaves with the head.
  socket.cork();
  socket.write(text, "latin1");
  body.on("data", onData);
  body.on("end", onEnd);
  process.nextTick(() => socket.uncork());
  return stop;
}

function write(socket: Socket, chunk: Buffer, isChunked: boolean): boolean {
  if (chunk.length <= shortBytes) return socket.write(isChunked ? chunkText(chunk) : latin1(chunk), "latin1");
  if (!isChunked) return socket.write(chunk);
  socket.cork();
  socket.write(chunkLine(chunk.length), "latin1");
  socket.write(chunk);
  const isTaken = socket.write("\r\n", "latin1");
  socket.uncork();
  return isTaken;
}
