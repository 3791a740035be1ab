import { Field } from "./field.ts";
import { FieldTable } from "./field-table.ts";
import { decodeHuffman } from "./huffman.ts";
import { noteSensitive } from "./sensitive.ts";
import { dynamicFrom, staticTable } from "./static-table.ts";

/**
 * `too-long`: more or greater fields than are wanted; they were read all the same, as the table must know them. `broken`: the table is
 * not to be trusted any more, and so the connection.
 */
export type Decoded = "whole" | "too-long" | "broken";

/** What a list of fields may come to. Bytes as in `Field.size`. */
export type ListMax = { readonly bytes: number; readonly count: number };

/** Unit: bytes. HPACK's own default, which we leave as it is (RFC 9113 §6.5.2). */
export const tableBytes = 4_096;

/** Reads blocks of fields (RFC 7541), all of one direction of one connection. */
export class HpackDecoder {
  /** What the last block said. */
  fields: Field[] = [];
  readonly #max: ListMax;
  readonly #table = new FieldTable(tableBytes);
  #bytes: Buffer = nothing;
  #at = 0;
  #end = 0;
  #listBytes = 0;
  #listCount = 0;
  #isBroken = false;

  constructor(max: ListMax) {
    this.#max = max;
  }

  decode(bytes: Buffer, from: number, to: number): Decoded {
    this.fields = [];
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
    this.#listBytes = 0;
    this.#listCount = 0;
    this.#readSizes();
    while (this.#at < to && !this.#isBroken) this.#readField(bytes[this.#at] as number);
    this.#bytes = nothing;
    if (this.#isBroken) return "broken";
    return this.#isWithin() ? "whole" : "too-long";
  }

  /** How great the table may be, which only the beginning of a block may say (RFC 7541 §4.2). */
  #readSizes(): void {
    while (this.#at < this.#end && ((this.#bytes[this.#at] as number) & 0xe0) === 0x20) {
      const size = this.#integer(0x1f);
      if (size > tableBytes) this.#isBroken = true;
      if (this.#isBroken) return;
      this.#table.resize(size);
    }
  }

  #readField(first: number): void {
    if (first >= 0x80) return this.#emit(this.#indexed(this.#integer(0x7f)));
    if (first >= 0x40) {
      const field = this.#literal(0x3f);
      if (this.#isBroken) return;
      this.#table.add(field);
      return this.#emit(field);
    }
    // Sizes had their place.
    if (first >= 0x20) return void this.#break();
    const field = this.#literal(0x0f);
    if (this.#isBroken) return;
    if (first >= 0x10) noteSensitive(field.name);
    this.#emit(field);
  }

  #emit(field: Field): void {
    this.#listBytes += field.size;
    this.#listCount += 1;
    if (this.#isWithin()) this.fields.push(field);
  }

  #isWithin(): boolean {
    return this.#listBytes <= this.#max.bytes && this.#listCount <= this.#max.count;
  }

  #indexed(index: number): Field {
    const field = index < dynamicFrom ? staticTable[index] : this.#table.at(index - dynamicFrom);
    if (field !== undefined && index > 0) return field;
    this.#break();
    return noField;
  }

  #literal(mask: number): Field {
    const index = this.#integer(mask);
    const name = index === 0 ? this.#string() : this.#indexed(index).name;
    const value = this.#string();
    return this.#isBroken ? noField : new Field(name, value);
  }

  #string(): string {
    if (this.#at >= this.#end) return this.#break();
    const isHuffman = ((this.#bytes[this.#at] as number) & 0x80) !== 0;
    const length = this.#integer(0x7f);
    const from = this.#at;
    const to = from + length;
    if (this.#isBroken || to > this.#end) return this.#break();
    this.#at = to;
    if (!isHuffman) return this.#bytes.toString("latin1", from, to);
    return decodeHuffman(this.#bytes, from, to) ?? this.#break();
  }

  /** RFC 7541 §5.1. Nothing here is ever as great as four bytes more could say. */
  #integer(mask: number): number {
    let value = (this.#bytes[this.#at++] as number) & mask;
    if (value < mask) return value;
    for (let shift = 0; shift < 28; shift += 7) {
      if (this.#at >= this.#end) break;
      const byte = this.#bytes[this.#at++] as number;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.#break();
    return 0;
  }

  #break(): "" {
    this.#isBroken = true;
    return "";
  }
}

const nothing = Buffer.alloc(0);
const noField = new Field("", "");
