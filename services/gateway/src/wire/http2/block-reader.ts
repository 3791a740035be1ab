import { errorCode, flag } from "./codes.ts";
import type { Field } from "./field.ts";
import type { Frame } from "./frame-reader.ts";
import { HpackDecoder, type ListMax } from "./hpack-decoder.ts";

/** A block of fields, whole. */
export type Block = {
  readonly kind: "block";
  readonly stream: number;
  readonly isLast: boolean;
  readonly isTooLong: boolean;
  readonly fields: readonly Field[];
};

/** `code`: the connection can't go on. */
export type BlockRead = Block | { readonly kind: "more" } | { readonly kind: "broken"; readonly code: number };

/** Gathers the frames of a block of fields (RFC 9113 §4.3), and reads it once it is whole. */
export class BlockReader {
  readonly #decoder: HpackDecoder;
  readonly #bytesMax: number;
  #stream = 0;
  #isLast = false;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(max: ListMax) {
    this.#decoder = new HpackDecoder(max);
    // A list is longer than what tells it. Some more is read all the same, so that who says too much can be told, and not only cut.
    this.#bytesMax = max.bytes * 2;
  }

  /** The stream whose block isn't whole, and of which the next frame must be; 0: none. */
  get within(): number {
    return this.#stream;
  }

  begin(frame: Frame): BlockRead {
    this.#isLast = (frame.flags & flag.endStream) !== 0;
    if ((frame.flags & flag.endHeaders) !== 0) return this.#read(frame.stream, frame.bytes, frame);
    this.#stream = frame.stream;
    this.#pieces = [];
    this.#bytes = 0;
    return this.#keep(frame);
  }

  goOn(frame: Frame): BlockRead {
    const kept = this.#keep(frame);
    if (kept.kind === "broken" || (frame.flags & flag.endHeaders) === 0) return kept;
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#stream = 0;
    return this.#read(frame.stream, bytes, { from: 0, to: bytes.length });
  }

  #keep({ bytes, from, to }: Frame): BlockRead {
    this.#bytes += to - from;
    if (this.#bytes > this.#bytesMax) return { kind: "broken", code: errorCode.calm };
    this.#pieces.push(Buffer.from(bytes.subarray(from, to)));
    return more;
  }

  #read(stream: number, bytes: Buffer, { from, to }: { readonly from: number; readonly to: number }): BlockRead {
    const decoded = this.#decoder.decode(bytes, from, to);
    if (decoded === "broken") return { kind: "broken", code: errorCode.compression };
    const { fields } = this.#decoder;
    return { kind: "block", stream, isLast: this.#isLast, isTooLong: decoded === "too-long", fields };
  }
}

const more: BlockRead = { kind: "more" };
