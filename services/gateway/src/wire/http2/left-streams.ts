/** Streams that are no more, as far as it matters what still comes for them (RFC 9113 §5.1, "closed"). */
export class LeftStreams {
  /** Broken off by this side: what was on its way is let pass. The oldest are forgotten. */
  readonly #broken = new Set<number>();
  readonly #ended = new Uint32Array(endedMax);
  #at = 0;

  note(stream: number, isBrokenHere: boolean): void {
    if (!isBrokenHere) {
      this.#ended[this.#at++ % endedMax] = stream;
      return;
    }
    this.#broken.add(stream);
    if (this.#broken.size <= brokenMax) return;
    for (const oldest of this.#broken) return void this.#broken.delete(oldest);
  }

  isBroken(stream: number): boolean {
    return this.#broken.has(stream);
  }

  /** It has ended not long ago. */
  hasEnded(stream: number): boolean {
    return this.#ended.includes(stream);
  }
}

const brokenMax = 1_024;
const endedMax = 64;
