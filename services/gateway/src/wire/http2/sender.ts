import type { HeaderList } from "../../relay/inbound.ts";
import { frameBytesMax, windowBytesMax, windowBytesUnsaid } from "./codes.ts";
import { HpackEncoder } from "./hpack-encoder.ts";
import { Output } from "./output.ts";
import type { Http2Stream } from "./stream.ts";

/** What one side of a connection sends: everything in the order in which it is said, data as far as the windows reach (RFC 9113 §5.2). */
export class Sender {
  readonly out = new Output();
  readonly encoder = new HpackEncoder();
  #window = windowBytesUnsaid;
  #isFull = false;
  /** Streams that could go on, were it not for the connection: each in its turn. */
  readonly #waiting = new Set<Http2Stream>();
  readonly #onOutput: () => void;
  #isSaid = false;
  /** Updates of windows that the data which was sent is good for. */
  #owed = 0;

  constructor(onOutput: () => void) {
    this.#onOutput = onOutput;
  }

  /** There is something in `out`. */
  say(): Output {
    if (!this.#isSaid) {
      this.#isSaid = true;
      this.#onOutput();
    }
    return this.out;
  }

  take(): Buffer[] {
    this.#isSaid = false;
    return this.out.take();
  }

  /** While the socket has enough, data stays with the streams. */
  get isFull(): boolean {
    return this.#isFull;
  }

  set isFull(isFull: boolean) {
    this.#isFull = isFull;
    if (!isFull) this.#goOn();
  }

  data(stream: Http2Stream, bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length) {
      const most = Math.min(this.#window, stream.sendWindow, frameBytesMax, bytes.length - at);
      if (most <= 0 || this.#isFull) break;
      this.say().data(stream.id, bytes, { from: at, to: at + most });
      this.#owed = Math.min(owedMax, this.#owed + updatesPerFrame);
      this.#window -= most;
      stream.sendWindow -= most;
      at += most;
    }
    return at;
  }

  block(stream: number, pseudo: HeaderList, list: HeaderList, isLast: boolean): void {
    const { encoder } = this;
    encoder.begin();
    for (let at = 0; at < pseudo.length; at += 2) encoder.field(pseudo[at] as string, pseudo[at + 1] as string);
    for (let at = 0; at < list.length; at += 2) encoder.field(list[at] as string, list[at + 1] as string);
    this.say().headers(stream, encoder.end(), isLast);
  }

  await(stream: Http2Stream): void {
    if (stream.sendWindow > 0) this.#waiting.add(stream);
  }

  forget(stream: Http2Stream): void {
    this.#waiting.delete(stream);
  }

  /** Whether an update of a window is an answer to data, and no word for nothing. */
  isOwed(): boolean {
    if (this.#owed === 0) return false;
    this.#owed -= 1;
    return true;
  }

  /** The other side takes so much more. False: no window may be as great as that. */
  widen(bytes: number): boolean {
    this.#window += bytes;
    if (this.#window > windowBytesMax) return false;
    this.#goOn();
    return true;
  }

  widenStream(stream: Http2Stream, bytes: number): boolean {
    if (!stream.widen(bytes)) return false;
    if (stream.isPending) {
      this.await(stream);
      this.#goOn();
    }
    return true;
  }

  /** A stream that has more afterwards is put behind the others. */
  #goOn(): void {
    for (const stream of this.#waiting) {
      if (this.#window <= 0 || this.#isFull) return;
      this.#waiting.delete(stream);
      if (stream.goOn()) this.#waiting.add(stream);
    }
  }
}

/** One for the stream and one for the connection. */
const updatesPerFrame = 2;
const owedMax = 10_000;
