import { Readable } from "node:stream";

/** A request's body that didn't come along with its head. While nobody reads it, the client is not read either. */
export class BodyStream extends Readable {
  readonly #source: { resume(): unknown };

  constructor(source: { resume(): unknown }) {
    super({ highWaterMark: 65_536 });
    this.#source = source;
  }

  override _read(): void {
    this.#source.resume();
  }
}
