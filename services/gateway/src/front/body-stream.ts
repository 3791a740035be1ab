import type { Socket } from "node:net";
import { Readable } from "node:stream";

/** A request's body that didn't come along with its head. While nobody reads it, the client is not read either. */
export class BodyStream extends Readable {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super({ highWaterMark: 65_536 });
    this.#socket = socket;
  }

  override _read(): void {
    this.#socket.resume();
  }
}
