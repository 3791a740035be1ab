import type { HeaderList } from "../../relay/inbound.ts";
import { windowBytesMax } from "./codes.ts";
import type { ResponseHead } from "./heads.ts";

/** What is made of what the other side says on a stream. Nothing comes after `onReset`, and after `onEnd` that alone may. */
export interface StreamSink {
  /** An answer has begun. Only a client hears of it. */
  onHead(head: ResponseHead, isEnd: boolean): void;
  /** The bytes are a part of what the session was given: what becomes of that, becomes of them. */
  onData(bytes: Buffer): void;
  /** It has said everything, though this side may not have. */
  onEnd(trailers: HeaderList): void;
  /** It was broken off. `code`: what the other side said; undefined: it said nothing, or what made no sense. */
  onReset(code: number | undefined, because: string): void;
  /** What was to be sent has left; so more may be given. */
  onWritable(): void;
}

/** What a stream asks of its connection. */
export interface StreamHost {
  /** Unit: milliseconds, coarse. */
  readonly nowMs: number;
  /** Sends as much as the windows allow; how far it came. */
  sendData(stream: Http2Stream, bytes: Uint8Array, from: number): number;
  sendEnd(stream: Http2Stream, trailers: HeaderList | undefined): void;
  sendReset(stream: Http2Stream, code: number): void;
  /** It has something to send, and is called on when it can go. */
  await(stream: Http2Stream): void;
  credit(stream: Http2Stream): void;
}

/** One stream, as both sides have it (RFC 9113 §5.1). */
export class Http2Stream {
  readonly id: number;
  sink: StreamSink = nobody;
  /** For the table of streams: another in the same place. */
  next: Http2Stream | undefined;
  /** Everything that the other side, or this one, has to say is said. */
  isRemoteOver = false;
  isLocalOver = false;
  isClosed = false;
  /** The other side's head has come. */
  hasHead = false;
  /** It asks with HEAD, so that no body may come. */
  isForHead = false;
  /** Answers before the answer (1xx). */
  interims = 0;
  /** Bytes that were promised and haven't come; infinite: nothing was said. */
  owed = Number.POSITIVE_INFINITY;
  /** What the other side may still send, what this side may, and what has come that the other side hasn't been given back. */
  receiveWindow: number;
  sendWindow: number;
  uncredited = 0;
  /** What has come while nobody wanted it. */
  held = 0;
  isPaused = false;
  /** When something last went either way. */
  sinceMs: number;
  readonly #host: StreamHost;
  #pending: Buffer[] = [];
  #pendingAt = 0;
  #isEnding = false;
  #trailers: HeaderList | undefined;

  constructor(id: number, host: StreamHost, windows: { readonly receive: number; readonly send: number }) {
    this.id = id;
    this.#host = host;
    this.receiveWindow = windows.receive;
    this.sendWindow = windows.send;
    this.sinceMs = host.nowMs;
  }

  get isPending(): boolean {
    return this.#pending.length > 0;
  }

  /** False: wait for `onWritable` before the next. The bytes are the caller's again after this call. */
  write(bytes: Uint8Array): boolean {
    if (this.isLocalOver || this.#isEnding || bytes.length === 0) return true;
    const sent = this.isPending ? 0 : this.#host.sendData(this, bytes, 0);
    if (sent === bytes.length) return true;
    this.#pending.push(Buffer.from(bytes.subarray(sent)));
    this.#host.await(this);
    return false;
  }

  end(trailers?: HeaderList): void {
    if (this.isLocalOver || this.#isEnding) return;
    if (!this.isPending) return this.#host.sendEnd(this, trailers);
    this.#isEnding = true;
    this.#trailers = trailers;
  }

  reset(code: number): void {
    if (!this.isClosed) this.#host.sendReset(this, code);
  }

  /** What is on its way comes all the same, which is no more than the window. */
  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    if (!this.isClosed) this.#host.credit(this);
  }

  /** Sends what it can of what waits. True: there is more, and only the connection, or fairness, is in its way. */
  goOn(): boolean {
    const first = this.#pending[0];
    if (first === undefined) return false;
    this.#pendingAt = this.#host.sendData(this, first, this.#pendingAt);
    if (this.#pendingAt < first.length) return this.sendWindow > 0;
    this.#pendingAt = 0;
    this.#pending.shift();
    if (this.isPending) return true;
    if (this.#isEnding) this.#host.sendEnd(this, this.#trailers);
    else this.sink.onWritable();
    return false;
  }

  /** False: no window may be as great as that (RFC 9113 §6.9.1). */
  widen(bytes: number): boolean {
    this.sendWindow += bytes;
    return this.sendWindow <= windowBytesMax;
  }

  close(): void {
    this.isClosed = this.isLocalOver = this.isRemoteOver = true;
    this.#pending = [];
  }
}

const nobody: StreamSink = {
  onHead: () => undefined,
  onData: () => undefined,
  onEnd: () => undefined,
  onReset: () => undefined,
  onWritable: () => undefined,
};
