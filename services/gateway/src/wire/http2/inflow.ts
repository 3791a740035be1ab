import { sessionWindowBytes, streamWindowBytes } from "./limits.ts";
import type { Output } from "./output.ts";
import type { Http2Stream } from "./stream.ts";

/** What the other side may send (RFC 9113 §5.2), and when it is told that it may send more: once half of a window is used up. */
export class Inflow {
  readonly #say: () => Output;
  readonly #heldMax: number;
  #window = sessionWindowBytes;
  #uncredited = 0;
  /** Bytes that came while their streams were paused, and lie with whoever paused them. */
  #held = 0;

  constructor(say: () => Output, heldMax: number) {
    this.#say = say;
    this.#heldMax = heldMax;
  }

  /** False: that is more than it may. */
  take(bytes: number): boolean {
    this.#window -= bytes;
    this.#uncredited += bytes;
    return this.#window >= 0;
  }

  /** What came on the stream has been passed on, or lies there if the stream is paused now. */
  settle(stream: Http2Stream, bytes: number): void {
    if (stream.isPaused && !stream.isClosed) {
      stream.held += bytes;
      this.#held += bytes;
    } else this.creditStream(stream);
    this.credit();
  }

  creditStream(stream: Http2Stream): void {
    this.forget(stream);
    if (stream.isRemoteOver || stream.uncredited < streamWindowBytes / 2) return;
    this.#say().windowUpdate(stream.id, stream.uncredited);
    stream.receiveWindow += stream.uncredited;
    stream.uncredited = 0;
  }

  credit(): void {
    if (this.#uncredited < sessionWindowBytes / 2 || this.#held > this.#heldMax) return;
    this.#say().windowUpdate(0, this.#uncredited);
    this.#window += this.#uncredited;
    this.#uncredited = 0;
  }

  /** Nothing of it lies here any more. */
  forget(stream: Http2Stream): void {
    if (stream.held === 0) return;
    this.#held -= stream.held;
    stream.held = 0;
    this.credit();
  }
}
