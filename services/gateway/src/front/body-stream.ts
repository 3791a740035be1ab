import { Readable } from "node:stream";

/** A request's body that didn't come along with its head. While nobody reads it, the client is not read either. */
export class BodyStream extends Readable {
  readonly #source: { resume(): unknown };

  constructor(source: { resume(): unknown }) {
    super({ highWaterMark: 65_536 });
    this.#source = source;
  }

  /** As `push`. What is a small part of what was read is copied, or it would keep all of that. */
  pushPart(bytes: Buffer): boolean {
    if (bytes.length * 2 > bytes.buffer.byteLength) return this.push(bytes);
    const copy = Buffer.allocUnsafeSlow(bytes.length);
    bytes.copy(copy);
    return this.push(copy);
  }

  override _read(): void {
    this.#source.resume();
  }
}
