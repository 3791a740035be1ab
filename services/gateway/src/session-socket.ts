import type { Socket } from "node:net";
import { spare } from "./wire/http2/output.ts";
import type { Sender } from "./wire/http2/sender.ts";

/** Sends what a session of HTTP/2 says: all that was said in one turn of the event loop, by all of its streams, in one write. */
export class SessionSocket {
  readonly socket: Socket;
  readonly #sender: Sender;
  readonly #isTls: boolean;
  #isEnding = false;

  constructor(socket: Socket, sender: Sender, isTls: boolean) {
    this.socket = socket;
    this.#sender = sender;
    this.#isTls = isTls;
  }

  /** There is something to send. */
  wake(): void {
    if (due.length === 0) setImmediate(sendAll);
    due.push(this);
  }

  send(): void {
    const pieces = this.#sender.take();
    const { socket } = this;
    if (pieces.length === 0 || socket.destroyed || this.#isEnding) return;
    if (pieces.length > 1) socket.cork();
    for (const piece of pieces) this.#write(piece);
    if (pieces.length > 1) socket.uncork();
    if (socket.writableLength === 0) {
      if (!this.#isTls) for (const piece of pieces) spare(piece);
      return;
    }
    this.#sender.isFull = socket.writableNeedDrain;
    // Who reads no answers isn't listened to either: what is said within one turn, or without asking for windows, can be as much as that.
    if (socket.writableLength > unreadMax) socket.pause();
  }

  #write(piece: Buffer): void {
    if (!this.#isTls) return void this.socket.write(piece);
    // Nobody knows how long TLS still looks at what it was given.
    this.socket.write(Buffer.from(piece));
    spare(piece);
  }

  drained(): void {
    this.socket.resume();
    this.#sender.isFull = false;
  }

  /** Sends the rest, and says no more. `onSent`: it has left. */
  end(onSent?: () => void): void {
    this.send();
    this.#isEnding = true;
    this.socket.end(onSent);
    // What still comes is let pass: a reset could overtake the last word.
    this.socket.resume();
  }
}

/** Unit: bytes. */
const unreadMax = 1_048_576;

let due: SessionSocket[] = [];

function sendAll(): void {
  const sockets = due;
  due = [];
  for (const socket of sockets) socket.send();
}
