import { fieldBytes } from "./field.ts";
import { tableBytes } from "./hpack-decoder.ts";
import { isSensitive, sensitiveCount } from "./sensitive.ts";
import { dynamicFrom, staticNames, staticTable } from "./static-table.ts";

/** What is known of a name: where the other side's table has it, and with which value. */
type Known = {
  /** Of the static table; 0: it isn't there. */
  readonly index: number;
  readonly isStatic: boolean;
  isSensitive: boolean;
  value: string;
  /** The number of the entry with that value, and of the newest with that name. */
  entry: number;
  named: number;
  /** Values in a row that were not the one before. */
  misses: number;
};

/** A name whose value changed so often in a row is not remembered with it, unless it is said twice. */
const missesMax = 3;
/** Names that are known at once; others are spelt out. */
const namesMax = 256;
/** Entries that fit the greatest table. */
const entriesMax = tableBytes / 32;

/** One for all blocks: what is written is copied to where it is sent before the next one is begun. */
let scratch = Buffer.allocUnsafeSlow(32_768);

/**
 * Writes blocks of fields (RFC 7541), all of one direction of one connection. A field that is said again costs a byte. Of a name whose
 * value is always another, only the name is remembered. Huffman's code is never written: it would save a fifth of what is spelt out,
 * and take longer than all the rest.
 */
export class HpackEncoder {
  readonly #known = new Map<string, Known>();
  readonly #sizes = new Uint16Array(entriesMax);
  /** Entries ever made; the last `#count` of them are in the table. */
  #made = 0;
  #count = 0;
  #bytes = 0;
  #bytesMax = tableBytes;
  /** The smallest size of the table that must still be said, and whether one must. */
  #sizeToSay: number | undefined;
  #sensitiveSeen = 0;
  #at = 0;

  /** The other side's word on how great the table may be. Ours is never greater than usual. */
  resize(bytes: number): void {
    const bytesMax = Math.min(bytes, tableBytes);
    if (bytesMax === this.#bytesMax) return;
    this.#sizeToSay = Math.min(this.#sizeToSay ?? bytesMax, bytesMax);
    this.#bytesMax = bytesMax;
    this.#evict(0);
  }

  begin(): void {
    this.#at = 0;
    if (this.#sizeToSay !== undefined) {
      if (this.#sizeToSay < this.#bytesMax) this.#integer(0x20, 0x1f, this.#sizeToSay);
      this.#integer(0x20, 0x1f, this.#bytesMax);
      this.#sizeToSay = undefined;
    }
    if (this.#sensitiveSeen === sensitiveCount()) return;
    this.#sensitiveSeen = sensitiveCount();
    for (const [name, known] of this.#known) known.isSensitive = isSensitive(name);
  }

  /** The block, until the next one is begun. */
  end(): Buffer {
    return scratch.subarray(0, this.#at);
  }

  field(name: string, value: string): void {
    const known = this.#known.get(name) ?? this.#learn(name);
    if (known === undefined) return this.#literal(isSensitive(name) ? 0x10 : 0x00, 0x0f, { name, value, index: 0 });
    if (known.isSensitive) return this.#literal(0x10, 0x0f, { name, value, index: this.#nameIndex(known) });
    if (known.value === value) {
      if (this.#isThere(known.entry)) {
        known.misses = 0;
        return this.#integer(0x80, 0x7f, this.#indexOf(known.entry));
      }
      return this.#add(name, value, known);
    }
    if (known.isStatic) {
      const index = staticIndex(known.index, name, value);
      if (index > 0) return this.#integer(0x80, 0x7f, index);
    }
    known.misses += 1;
    known.value = value;
    known.entry = never;
    const index = this.#nameIndex(known);
    if (known.misses <= missesMax || index === 0) return this.#add(name, value, known);
    this.#literal(0x00, 0x0f, { name, value, index });
  }

  #learn(name: string): Known | undefined {
    if (this.#known.size >= namesMax) return undefined;
    const index = staticNames.get(name) ?? 0;
    const isStatic = index > 0 && staticTable[index]?.value !== "";
    const known = {
      index,
      isStatic,
      isSensitive: isSensitive(name),
      value: "",
      entry: never,
      named: never,
      misses: 0,
    };
    this.#known.set(name, known);
    return known;
  }

  /** With incremental indexing: said in full, and remembered by both. */
  #add(name: string, value: string, known: Known): void {
    this.#literal(0x40, 0x3f, { name, value, index: this.#nameIndex(known) });
    const size = fieldBytes(name, value);
    this.#evict(size);
    if (size > this.#bytesMax) return;
    this.#sizes[this.#made % entriesMax] = size;
    known.value = value;
    known.entry = known.named = this.#made;
    this.#made += 1;
    this.#count += 1;
    this.#bytes += size;
  }

  #evict(forBytes: number): void {
    while (this.#count > 0 && this.#bytes + forBytes > this.#bytesMax) {
      this.#bytes -= this.#sizes[(this.#made - this.#count) % entriesMax] as number;
      this.#count -= 1;
    }
  }

  #isThere(entry: number): boolean {
    return entry >= this.#made - this.#count;
  }

  #indexOf(entry: number): number {
    return dynamicFrom + this.#made - 1 - entry;
  }

  #nameIndex({ index, named }: Known): number {
    if (index > 0) return index;
    return this.#isThere(named) ? this.#indexOf(named) : 0;
  }

  #literal(first: number, mask: number, { name, value, index }: { name: string; value: string; index: number }): void {
    this.#integer(first, mask, index);
    if (index === 0) this.#string(name);
    this.#string(value);
  }

  #string(text: string): void {
    this.#integer(0x00, 0x7f, text.length);
    const at = this.#at;
    if (at + text.length + slack > scratch.length) grow(text.length);
    if (text.length > shortText) scratch.write(text, at, "latin1");
    else for (let index = 0; index < text.length; index += 1) scratch[at + index] = text.charCodeAt(index);
    this.#at = at + text.length;
  }

  #integer(first: number, mask: number, value: number): void {
    if (this.#at + slack > scratch.length) grow(0);
    if (value < mask) {
      scratch[this.#at++] = first | value;
      return;
    }
    scratch[this.#at++] = first | mask;
    let rest = value - mask;
    for (; rest >= 128; rest >>>= 7) scratch[this.#at++] = (rest & 0x7f) | 0x80;
    scratch[this.#at++] = rest;
  }
}

/** No entry has this number. */
const never = -1;
/** Unit: characters. Up to here they are copied one by one sooner than by a call out of the language. */
const shortText = 24;
/** Room for an integer that follows. */
const slack = 8;

function grow(by: number): void {
  const bytes = Buffer.allocUnsafeSlow(scratch.length * 2 + by);
  scratch.copy(bytes);
  scratch = bytes;
}

/** Of a name that the static table has with several values. */
function staticIndex(from: number, name: string, value: string): number {
  for (let index = from; staticTable[index]?.name === name; index += 1)
    if (staticTable[index]?.value === value) return index;
  return 0;
}
