import { flag, frameBytesMax, frameHeadBytes, frameType } from "./codes.ts";

/** Unit: bytes. The greatest frame fits several times. */
const pieceBytes = 65_536;
const sparesMax = 32;
/** Pieces that nobody uses at present. */
const spares: Buffer[] = [];

/** Frames that are to be sent, in few pieces: everything is copied, and nothing of it is an object of its own. */
export class Output {
  #pieces: Buffer[] = [];
  #piece: Buffer | undefined;
  #at = 0;
  /** Bytes in the pieces that are full. */
  #fullBytes = 0;
  /** The last frame, if it is one of data: whose, and where in the piece. */
  #dataStream = 0;
  #dataAt = 0;

  get bytes(): number {
    return this.#fullBytes + this.#at;
  }

  /** Everything so far, to be sent in this order. */
  take(): Buffer[] {
    const pieces = this.#pieces;
    if (this.#piece !== undefined) pieces.push(this.#piece.subarray(0, this.#at));
    this.#pieces = [];
    this.#piece = undefined;
    this.#at = 0;
    this.#fullBytes = 0;
    this.#dataStream = 0;
    return pieces;
  }

  data(stream: number, chunk: Uint8Array, { from, to }: { readonly from: number; readonly to: number }): void {
    this.#head(to - from, frameType.data, 0, stream);
    this.#dataStream = stream;
    this.#dataAt = this.#at - frameHeadBytes;
    const piece = this.#piece as Buffer;
    piece.set(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to), this.#at);
    this.#at += to - from;
  }

  /** The stream ends: said in its last frame, if that is still here and nothing came after it. */
  end(stream: number): void {
    if (this.#dataStream !== stream) return this.#head(0, frameType.data, flag.endStream, stream);
    const flagsAt = this.#dataAt + 4;
    const piece = this.#piece as Buffer;
    piece[flagsAt] = (piece[flagsAt] as number) | flag.endStream;
    this.#dataStream = 0;
  }

  /** A block of fields, in as many frames as it takes. */
  headers(stream: number, block: Buffer, isLast: boolean): void {
    const first = isLast ? flag.endStream : 0;
    let from = 0;
    do {
      const to = Math.min(block.length, from + frameBytesMax);
      const isWhole = to === block.length ? flag.endHeaders : 0;
      if (from === 0) this.#head(to, frameType.headers, first | isWhole, stream);
      else this.#head(to - from, frameType.continuation, isWhole, stream);
      this.#at += block.copy(this.#piece as Buffer, this.#at, from, to);
      from = to;
    } while (from < block.length);
  }

  reset(stream: number, code: number): void {
    this.#head(4, frameType.reset, 0, stream);
    this.#uint32(code);
  }

  windowUpdate(stream: number, bytes: number): void {
    this.#head(4, frameType.windowUpdate, 0, stream);
    this.#uint32(bytes);
  }

  settings(values: readonly (readonly [id: number, value: number])[]): void {
    this.#head(values.length * 6, frameType.settings, 0, 0);
    for (const [id, value] of values) {
      this.#uint16(id);
      this.#uint32(value);
    }
  }

  settingsAck(): void {
    this.#head(0, frameType.settings, flag.ack, 0);
  }

  ping(bytes: Buffer, from: number, isAck: boolean): void {
    this.#head(8, frameType.ping, isAck ? flag.ack : 0, 0);
    this.#at += bytes.copy(this.#piece as Buffer, this.#at, from, from + 8);
  }

  goaway(lastStream: number, code: number): void {
    this.#head(8, frameType.goaway, 0, 0);
    this.#uint32(lastStream);
    this.#uint32(code);
  }

  raw(bytes: Buffer): void {
    this.#room(bytes.length);
    this.#at += bytes.copy(this.#piece as Buffer, this.#at);
  }

  #head(length: number, type: number, flags: number, stream: number): void {
    this.#room(frameHeadBytes + length);
    this.#dataStream = 0;
    const piece = this.#piece as Buffer;
    const at = this.#at;
    piece[at] = length >> 16;
    piece[at + 1] = length >> 8;
    piece[at + 2] = length;
    piece[at + 3] = type;
    piece[at + 4] = flags;
    this.#at = at + 5;
    this.#uint32(stream);
  }

  #room(bytes: number): void {
    if (this.#piece !== undefined && this.#at + bytes <= this.#piece.length) return;
    if (this.#piece !== undefined) {
      this.#pieces.push(this.#piece.subarray(0, this.#at));
      this.#fullBytes += this.#at;
    }
    this.#piece = spares.pop() ?? Buffer.allocUnsafeSlow(pieceBytes);
    this.#at = 0;
  }

  #uint16(value: number): void {
    const piece = this.#piece as Buffer;
    piece[this.#at++] = value >>> 8;
    piece[this.#at++] = value;
  }

  #uint32(value: number): void {
    this.#uint16(value >>> 16);
    this.#uint16(value & 0xffff);
  }
}

/** The piece was sent, and nobody looks at it any more. */
export function spare(piece: Buffer): void {
  if (spares.length < sparesMax) spares.push(Buffer.from(piece.buffer));
}
