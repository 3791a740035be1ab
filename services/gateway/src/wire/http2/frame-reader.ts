import { frameBytesMax, frameHeadBytes, frameType } from "./codes.ts";

/** One frame, whole. Its bytes are something else after the call that brings it. */
export type Frame = {
  type: number;
  flags: number;
  stream: number;
  bytes: Buffer;
  /** Where in the bytes its payload is. */
  from: number;
  to: number;
};

export interface FrameSink {
  /** False: the connection is over, and nothing more is to be read. */
  onFrame(frame: Frame): boolean;
  /** The next frame is longer than was allowed. */
  onTooLong(): void;
}

/** Finds frames in pieces of any size (RFC 9113 §4.1). What is not whole at the end of a piece is kept, which is less than one frame. */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #frame: Frame = { type: 0, flags: 0, stream: 0, bytes: nothing, from: 0, to: 0 };
  /** The beginning of a frame, in a buffer with room for its head, or once that is known for all of it. */
  #held: Buffer = nothing;
  #heldBytes = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** A frame of fields has begun, and the rest of it must come. */
  get isWithinHead(): boolean {
    return this.#heldBytes > 3 && this.#held[3] === frameType.headers;
  }

  read(chunk: Buffer, from: number, end: number): void {
    let at = from;
    if (this.#heldBytes > 0) {
      at = this.#fill(chunk, from, end);
      if (at < 0) return;
    }
    while (end - at >= frameHeadBytes) {
      const length = lengthAt(chunk, at);
      if (length > frameBytesMax) return this.#sink.onTooLong();
      const next = at + frameHeadBytes + length;
      if (next > end) break;
      if (!this.#give(chunk, at, next)) return;
      at = next;
    }
    if (at < end) this.#hold(chunk, at, end);
  }

  /** Completes what is held, and gives it. How far the chunk belonged to it; -1: nothing more is to be read. */
  #fill(chunk: Buffer, from: number, end: number): number {
    let at = from;
    for (;;) {
      const taken = Math.min(end - at, this.#held.length - this.#heldBytes);
      chunk.copy(this.#held, this.#heldBytes, at, at + taken);
      this.#heldBytes += taken;
      at += taken;
      if (this.#heldBytes < this.#held.length) return -1;
      const length = lengthAt(this.#held, 0);
      if (length > frameBytesMax) {
        this.#sink.onTooLong();
        return -1;
      }
      const whole = frameHeadBytes + length;
      if (this.#heldBytes === whole) {
        this.#heldBytes = 0;
        return this.#give(this.#held, 0, whole) ? at : -1;
      }
      const head = this.#held;
      this.#held = Buffer.allocUnsafe(whole);
      head.copy(this.#held, 0, 0, frameHeadBytes);
    }
  }

  #hold(chunk: Buffer, from: number, end: number): void {
    const isHeadKnown = end - from >= frameHeadBytes;
    this.#held = Buffer.allocUnsafe(frameHeadBytes + (isHeadKnown ? lengthAt(chunk, from) : 0));
    this.#heldBytes = chunk.copy(this.#held, 0, from, end);
  }

  #give(bytes: Buffer, at: number, to: number): boolean {
    const frame = this.#frame;
    frame.type = bytes[at + 3] as number;
    frame.flags = bytes[at + 4] as number;
    frame.stream = readUint31(bytes, at + 5);
    frame.bytes = bytes;
    frame.from = at + frameHeadBytes;
    frame.to = to;
    return this.#sink.onFrame(frame);
  }
}

const nothing = Buffer.alloc(0);

const lengthAt = (bytes: Buffer, at: number): number =>
  ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);

/** The bit before it is reserved and means nothing (RFC 9113 §4.1). */
export const readUint31 = (bytes: Buffer, at: number): number => readUint32(bytes, at) & 0x7fff_ffff;

export const readUint32 = (bytes: Buffer, at: number): number =>
  (((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)) >>>
  0;
