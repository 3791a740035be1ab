import type { HeaderList } from "../relay/inbound.ts";
import { parseFields } from "./fields.ts";
import type { Framing } from "./framing.ts";
import { type Malformed, malformed } from "./malformed.ts";
import { SectionReader } from "./section-reader.ts";

/** What is made of a body's bytes. `onBodyEnd` is the last. */
export interface BodySink {
  /** This part of the chunk that was given. */
  onBody(chunk: Buffer, from: number, to: number): void;
  onBodyEnd(trailers: HeaderList): void;
}

/** Where in a chunked body the next byte belongs (RFC 9112 §7.1). */
type Place = "size" | "extension" | "size-lf" | "data" | "data-cr" | "data-lf" | "trailers";

/** Reads one body after the other, each in as many pieces as it comes in. */
export class BodyReader {
  readonly #sink: BodySink;
  #framing: Framing = { kind: "none" };
  /** Bytes of the body, or of its present chunk, that must still come. */
  #left = 0;
  #place: Place = "size";
  #digits = 0;
  #extension = "";
  #extensionBytes = 0;
  readonly #trailers: SectionReader;
  #isOver = true;

  constructor(sink: BodySink, trailersMax: number) {
    this.#sink = sink;
    this.#trailers = new SectionReader(trailersMax);
  }

  /** The body is whole, or it was said that there is none. */
  get isOver(): boolean {
    return this.#isOver;
  }

  begin(framing: Framing): void {
    this.#framing = framing;
    this.#isOver = framing.kind === "none";
    this.#left = framing.kind === "length" ? framing.bytes : 0;
    this.#place = "size";
    this.#digits = 0;
    this.#extension = "";
    this.#extensionBytes = 0;
    if (this.#isOver) this.#sink.onBodyEnd(noTrailers);
  }

  /** Reads from there to where the chunk ends. How far that belongs to the body. */
  read(chunk: Buffer, from: number, end: number): number | Malformed {
    switch (this.#framing.kind) {
      case "none":
        return from;
      case "length": {
        const to = this.#give(chunk, from, end);
        if (this.#left === 0) this.#end(noTrailers);
        return to;
      }
      case "chunked":
        return this.#readChunked(chunk, from, end);
      case "close":
        this.#sink.onBody(chunk, from, end);
        return end;
      default:
        return this.#framing satisfies never;
    }
  }

  /** The connection has ended. True: and so has the body, as it was said that it would. */
  endOfConnection(): boolean {
    if (this.#framing.kind !== "close" || this.#isOver) return false;
    this.#end(noTrailers);
    return true;
  }

  #end(trailers: HeaderList): void {
    this.#isOver = true;
    this.#sink.onBodyEnd(trailers);
  }

  #give(chunk: Buffer, from: number, end: number): number {
    const to = Math.min(end, from + this.#left);
    this.#left -= to - from;
    if (to > from) this.#sink.onBody(chunk, from, to);
    return to;
  }

  #readChunked(chunk: Buffer, from: number, end: number): number | Malformed {
    let at = from;
    while (at < end) {
      if (this.#place === "trailers") return this.#readTrailers(chunk, at, end);
      if (this.#place === "data") {
        at = this.#give(chunk, at, end);
        if (this.#left === 0) this.#place = "data-cr";
        continue;
      }
      const next = this.#step(chunk[at] as number);
      if (next === undefined) return malformed(`a chunk is malformed at its ${this.#place}`);
      this.#place = next;
      at += 1;
      // Trailers are read as if the line end before them were theirs, so that where there are none there is an empty line too.
      if (next === "trailers") this.#trailers.begin(lineEnd);
    }
    return at;
  }

  /** One byte of what is round the data. Undefined: it has no business there. */
  #step(byte: number): Place | undefined {
    switch (this.#place) {
      case "size": {
        const digit = hexDigits[byte] as number;
        if (digit < 16) {
          this.#digits += 1;
          this.#left = this.#left * 16 + digit;
          return this.#digits <= sizeDigitsMax ? "size" : undefined;
        }
        if (this.#digits === 0) return undefined;
        return byte === cr ? "size-lf" : byte === semicolon ? "extension" : undefined;
      }
      case "extension":
        if (byte === cr) return extensionPattern.test(this.#extension) ? "size-lf" : undefined;
        this.#extension += String.fromCharCode(byte);
        this.#extensionBytes += 1;
        return this.#extensionBytes <= extensionBytesMax ? "extension" : undefined;
      case "size-lf":
        if (byte !== lf) return undefined;
        this.#digits = 0;
        this.#extension = "";
        return this.#left === 0 ? "trailers" : "data";
      case "data-cr":
        return byte === cr ? "data-lf" : undefined;
      case "data-lf":
        return byte === lf ? "size" : undefined;
      case "data":
      case "trailers":
        return undefined;
      default:
        return this.#place satisfies never;
    }
  }

  #readTrailers(chunk: Buffer, from: number, end: number): number | Malformed {
    const section = this.#trailers.read(chunk, from, end);
    if (section === undefined) return end;
    if (section.kind === "malformed") return section;
    const trailers = parseFields(section.text, lineEnd.length, section.end);
    if (trailers === undefined) return malformed("a trailer line is malformed");
    if (trailers.some((text, at) => at % 2 === 0 && neverTrailers.has(text)))
      return malformed("a trailer is no trailer");
    this.#end(trailers);
    return from + section.taken;
  }
}

/** Who adds trailers to the headers, as some do, would read another message (RFC 9110 §6.5.1). */
const neverTrailers: ReadonlySet<string> = new Set([
  "content-length",
  "transfer-encoding",
  "host",
  "connection",
  "trailer",
]);

const lineEnd = "\r\n";
const noTrailers: HeaderList = [];
/** So many hexadecimal digits are still an exact number. */
const sizeDigitsMax = 13;
/** Unit: bytes. Of all chunks of a body together: whoever sends more of them than that sends little else. */
const extensionBytesMax = 4_096;
/** What stands behind the first semicolon (RFC 9112 §7.1.1), without the blanks that nobody needs. Known to nobody, and passed on to nobody. */
const extensionPattern =
  /^(?:(?:^|;)[\w!#$%&'*+.^`|~-]+(?:=(?:[\w!#$%&'*+.^`|~-]+|"(?:[\t\x20!\x23-\x5b\x5d-\x7e]|\\[\t\x20-\x7e])*"))?)+$/;
const [cr, lf, semicolon] = [0x0d, 0x0a, 0x3b];

/** By byte: the digit's value, or 16. */
const hexDigits = new Uint8Array(256).fill(16);
for (let value = 0; value < 16; value += 1) {
  const digit = value.toString(16);
  hexDigits[digit.charCodeAt(0)] = value;
  hexDigits[digit.toUpperCase().charCodeAt(0)] = value;
}
