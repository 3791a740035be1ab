import type { Field } from "./field.ts";

/** The fields that one side has said and the other may be reminded of: the newest first, the oldest fall out (RFC 7541 §2.3.2). */
export class FieldTable {
  #bytesMax: number;
  #bytes = 0;
  /** A ring, whose length is a power of two. */
  #fields: (Field | undefined)[] = [];
  #newest = 0;
  #count = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** 0 is the newest. */
  at(index: number): Field | undefined {
    return index < this.#count ? this.#fields[(this.#newest - index) & (this.#fields.length - 1)] : undefined;
  }

  resize(bytesMax: number): void {
    this.#bytesMax = bytesMax;
    this.#evict(0);
  }

  /** A field greater than the table empties it, and is not in it (RFC 7541 §4.4). */
  add(field: Field): void {
    this.#evict(field.size);
    if (field.size > this.#bytesMax) return;
    if (this.#count === this.#fields.length) this.#grow();
    this.#newest = (this.#newest + 1) & (this.#fields.length - 1);
    this.#fields[this.#newest] = field;
    this.#count += 1;
    this.#bytes += field.size;
  }

  #evict(forBytes: number): void {
    while (this.#count > 0 && this.#bytes + forBytes > this.#bytesMax) {
      const oldest = (this.#newest - this.#count + 1) & (this.#fields.length - 1);
      this.#bytes -= (this.#fields[oldest] as Field).size;
      this.#fields[oldest] = undefined;
      this.#count -= 1;
    }
  }

  #grow(): void {
    const fields = Array.from({ length: this.#count }, (_, at) => this.at(this.#count - 1 - at));
    this.#fields = [...fields, ...Array.from({ length: Math.max(8, this.#count) }, () => undefined)];
    this.#newest = this.#count - 1;
    if (this.#count === 0) this.#newest = this.#fields.length - 1;
  }
}
