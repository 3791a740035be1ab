import type { Http2Stream } from "./stream.ts";

/**
 * The open streams of a connection by their numbers. Not a `Map`: where entries come and go by the thousand, V8 leaves a trail of its
 * earlier tables, each with what was in it, and once one of them has grown old all of them are kept until a full collection.
 */
export class StreamTable {
  readonly #heads: (Http2Stream | undefined)[] = Array.from({ length: places }, () => undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): Http2Stream | undefined {
    let stream = this.#heads[placeOf(id)];
    while (stream !== undefined && stream.id !== id) stream = stream.next;
    return stream;
  }

  add(stream: Http2Stream): void {
    const place = placeOf(stream.id);
    stream.next = this.#heads[place];
    this.#heads[place] = stream;
    this.#size += 1;
  }

  delete(stream: Http2Stream): void {
    const place = placeOf(stream.id);
    let before: Http2Stream | undefined;
    let at = this.#heads[place];
    while (at !== undefined && at !== stream) {
      before = at;
      at = at.next;
    }
    if (at === undefined) return;
    if (before === undefined) this.#heads[place] = stream.next;
    else before.next = stream.next;
    // One that is no more must not keep others.
    stream.next = undefined;
    this.#size -= 1;
  }

  /** Those that are open now; what is looked at may be deleted meanwhile. */
  all(): Http2Stream[] {
    const list: Http2Stream[] = [];
    for (const head of this.#heads) for (let at = head; at !== undefined; at = at.next) list.push(at);
    return list;
  }
}

/** A power of two. Few connections have as many streams, and with more of them several share a place. */
const places = 64;
const placeOf = (id: number): number => (id >>> 1) & (places - 1);
