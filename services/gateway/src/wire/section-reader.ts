import { isHopeless } from "./fields.ts";
import { type Malformed, malformed } from "./malformed.ts";

/** A head or a trailer section, whole: its text, where in that the empty line is, and how many bytes of the chunk were its. */
export type Section = { readonly kind: "section"; readonly text: string; readonly end: number; readonly taken: number };

/**
 * Gathers lines until the empty one. Mostly all of them come in one chunk, and then nothing is kept. What comes in pieces is searched
 * from the seam on only, so that a sender of single bytes costs no more than one of many.
 */
export class SectionReader {
  readonly #bytesMax: number;
  #held = "";

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** `held`: as if that had come already. */
  begin(held: string): void {
    this.#held = held;
  }

  /** Something has come, and more must. */
  get isBegun(): boolean {
    return this.#held !== "";
  }

  /** Undefined: all of the chunk was taken, and more must come. */
  read(chunk: Buffer, from: number, to: number): Section | Malformed | undefined {
    const held = this.#held;
    if (held !== "") return this.#readOn(chunk, from, to);
    let text = chunk.toString("latin1", from, Math.min(to, from + firstLook));
    let end = text.indexOf(emptyLine);
    if (end < 0 && to - from > firstLook) {
      text = chunk.toString("latin1", from, Math.min(to, from + this.#bytesMax + emptyLine.length));
      end = text.indexOf(emptyLine);
    }
    if (end >= 0 && end <= this.#bytesMax) return { kind: "section", text, end, taken: end + emptyLine.length };
    if (text.length > this.#bytesMax) return tooLong();
    if (text.startsWith("\n") || isHopeless(text)) return malformed("a line of the head is malformed");
    this.#held = text;
    return undefined;
  }

  #readOn(chunk: Buffer, from: number, to: number): Section | Malformed | undefined {
    const held = this.#held;
    const piece = chunk.toString("latin1", from, Math.min(to, from + this.#bytesMax + emptyLine.length));
    const seam = held.slice(-(emptyLine.length - 1));
    const around = seam + piece;
    const found = around.indexOf(emptyLine);
    const end = found + held.length - seam.length;
    if (found >= 0 && end <= this.#bytesMax) {
      this.#held = "";
      return { kind: "section", text: held + piece, end, taken: found + emptyLine.length - seam.length };
    }
    if (held.length + piece.length > this.#bytesMax) return tooLong();
    if (isHopeless(around)) return malformed("a line of the head is malformed");
    this.#held = held + piece;
    return undefined;
  }
}

const tooLong = (): Malformed => malformed("the headers are too long", 431);

const emptyLine = "\r\n\r\n";
/** Unit: bytes. Most heads are shorter; to make a text of a whole chunk of a body would be a waste. */
const firstLook = 2_048;
