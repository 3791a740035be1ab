import type { Socket } from "node:net";
import { Readable } from "node:stream";
import type { HeaderList } from "../relay/inbound.ts";
import type { UpstreamFailure } from "../relay/upstream.ts";
import { latin1, shortBytes } from "../wire/chunk-text.ts";
import { interimsMax } from "../wire/http2/limits.ts";
import { type Malformed, malformed } from "../wire/malformed.ts";
import { MessageReader, type MessageSink } from "../wire/message-reader.ts";
import { parseResponseHead, type ResponseHead } from "../wire/response-head.ts";
import type { Sweep, Swept } from "../wire/sweep.ts";
import { type Speaker, sendAtTurnEnd } from "../wire/turn-end.ts";
import type { SentByHttp1 } from "./http1.ts";
import type { BackLimits } from "./limits.ts";
import type { SocketOwner } from "./open-socket.ts";
import { sendBody } from "./send-body.ts";

export type ConnectionParts = {
  readonly limits: BackLimits;
  readonly sweep: Sweep;
  /** It can take a request. */
  readonly onFree: (connection: UpstreamConnection) => void;
  readonly onGone: (connection: UpstreamConnection, because: string) => void;
};

/** One connection to an endpoint: one request on it at a time. */
export class UpstreamConnection implements MessageSink<ResponseHead>, SocketOwner, Speaker, Swept {
  /** It was connected. */
  isReady = false;
  /** It has carried a request. */
  isUsed = false;
  #socket: Socket | undefined;
  readonly #parts: ConnectionParts;
  readonly #reader: MessageReader<ResponseHead>;
  #sent: SentByHttp1 | undefined;
  #isRequestWhole = true;
  #stopBody: (() => void) | undefined;
  #isShared = false;
  #isKept = false;
  #keptMs: number;
  #interims = 0;
  #trailers: HeaderList | undefined;
  /** A request that leaves at the end of this turn. */
  #out = "";
  #isPaused = false;
  /** What of a body was found in the chunk that is being read. */
  #bodyAt = 0;
  #bodyEnd = 0;
  #sinceMs: number;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#keptMs = parts.limits.keptMs;
    this.#sinceMs = parts.sweep.nowMs;
    this.#reader = new MessageReader(this, parts.limits.headerBytes);
  }

  own(socket: Socket): void {
    this.#socket = socket;
  }

  ready(): void {
    this.isReady = true;
    this.#touch();
    this.#parts.onFree(this);
  }

  get isUsable(): boolean {
    return this.#socket?.destroyed === false;
  }

  begin(sent: SentByHttp1): void {
    const socket = this.#socket as Socket;
    this.isUsed = true;
    this.#sent = sent;
    this.#trailers = undefined;
    this.#interims = 0;
    this.#touch();
    const { request, head } = sent;
    const { text, bytes } = head as NonNullable<typeof head>;
    if (request.body instanceof Readable) {
      this.#isRequestWhole = false;
      this.#stopBody = sendBody(request.body, { socket, text, bytes, onSent: (isWhole) => this.#bodySent(isWhole) });
    } else if (request.body === undefined) {
      this.#say(text);
    } else if (request.body.length <= shortBytes) {
      this.#say(text + latin1(request.body));
    } else {
      socket.cork();
      socket.write(text, "latin1");
      socket.write(request.body);
      socket.uncork();
    }
    sent.on(this);
  }

  #say(text: string): void {
    this.#out = text;
    sendAtTurnEnd(this);
  }

  send(): void {
    const out = this.#out;
    if (out === "") return;
    this.#out = "";
    this.#socket?.write(out, "latin1");
  }

  #bodySent(isWhole: boolean): void {
    this.#stopBody = undefined;
    this.#isRequestWhole = true;
    this.#touch();
    if (!isWhole) this.#fail({ kind: "bad-request", detail: "the body is not as long as was said" });
  }

  readShared(buffer: Buffer, end: number): boolean {
    this.#isShared = true;
    this.read(buffer, end);
    return !this.#isPaused;
  }

  read(chunk: Buffer, end = chunk.length): void {
    const sent = this.#sent;
    // Nobody has asked: it may be the end of an answer that was taken for complete, and whose beginning would the next one be?
    if (sent === undefined || this.#out !== "") return this.destroy();
    this.#touch();
    const to = this.#reader.read(chunk, 0, end);
    if (this.#bodyEnd > 0) {
      const bytes = chunk.subarray(this.#bodyAt, this.#bodyEnd);
      this.#bodyEnd = 0;
      if (!sent.isOver) sent.events.onData(bytes, this.#isShared);
    }
    if (typeof to !== "number") return this.#fail({ kind: "reset", detail: to.because });
    if (this.#trailers === undefined) return sent.isOver ? undefined : sent.events.onRest();
    this.#isKept &&= to === end;
    this.#finish(this.#trailers);
  }

  /** The answer is whole. Who sent the request hears of it when the connection can be used again. */
  #finish(trailers: HeaderList): void {
    const sent = this.#sent as SentByHttp1;
    this.#sent = undefined;
    this.#trailers = undefined;
    if (this.#isKept && this.#isRequestWhole && !sent.isOver) {
      if (this.#isPaused) this.resume();
      this.#parts.onFree(this);
    } else this.destroy();
    if (sent.isOver) return;
    sent.isOver = true;
    sent.events.onEnd(trailers);
  }

  parseHead(text: string, end: number): ResponseHead | Malformed {
    const head = parseResponseHead(text, end, this.#sent?.request.method === "HEAD");
    if (head.kind === "malformed" || head.status >= 200) return head;
    this.#interims += 1;
    // What comes before the answer itself (100, 103) is between neighbours, or advice that one may leave out (RFC 9110 §15.2).
    if (head.status === 101) return malformed("the answer changes to a protocol that nobody asked for");
    return this.#interims > interimsMax ? malformed("the answer doesn't begin") : head;
  }

  onHead({ status, headers, framing, isKept, keptSeconds }: ResponseHead): boolean {
    if (status < 200) return false;
    const { keptMs, keptMaxMs } = this.#parts.limits;
    this.#keptMs = keptSeconds === undefined ? keptMs : Math.min(keptMaxMs, keptSeconds * 1_000 - keptMarginMs);
    this.#isKept = isKept && this.#keptMs > 0;
    const sent = this.#sent as SentByHttp1;
    if (!sent.isOver) sent.events.onHead(status, headers, framing.kind === "none" ? "empty" : "body");
    return true;
  }

  /** Pieces that stood apart only by the chunks that they came in are moved together, and passed on as one. */
  onBody(chunk: Buffer, from: number, to: number): void {
    if (this.#bodyEnd === 0) this.#bodyAt = this.#bodyEnd = from;
    if (this.#bodyEnd !== from) chunk.copyWithin(this.#bodyEnd, from, to);
    this.#bodyEnd += to - from;
  }

  onBodyEnd(trailers: HeaderList): void {
    this.#trailers = trailers;
  }

  ended(): void {
    const isWhole = this.#sent !== undefined && this.#reader.endOfConnection();
    if (isWhole) return this.#finish(this.#trailers ?? []);
    this.destroy();
  }

  drained(): void {
    this.#touch();
    const body = this.#sent?.request.body;
    if (body instanceof Readable && !this.#isRequestWhole) body.resume();
  }

  gone(because: string): void {
    this.#fail({ kind: "reset", detail: because });
    this.#parts.onGone(this, because);
  }

  #fail(failure: UpstreamFailure): void {
    const sent = this.#sent;
    this.#sent = undefined;
    this.destroy();
    sent?.fail(failure);
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#touch();
    this.#socket?.resume();
  }

  destroy(): void {
    this.#stopBody?.();
    this.#stopBody = undefined;
    this.#out = "";
    this.#socket?.destroy();
  }

  #touch(): void {
    this.#sinceMs = this.#parts.sweep.nowMs;
  }

  sweep(nowMs: number): void {
    const stillMs = nowMs - this.#sinceMs;
    if (this.#sent === undefined) {
      // Rather too early than in the moment in which the other side closes it.
      if (this.isReady && stillMs > this.#keptMs) this.destroy();
      return;
    }
    const { idleMs } = this.#parts.limits;
    // While nobody reads, or the request is still on its way, it is not the endpoint that is slow.
    if (this.#isPaused || !this.#isRequestWhole || stillMs - this.#parts.sweep.periodMs <= idleMs) return;
    this.#fail({ kind: "timeout", detail: `nothing came for ${idleMs} ms` });
  }
}

/** Unit: milliseconds. So much earlier than an endpoint says that it closes an idle connection, it isn't used any more. */
const keptMarginMs = 2_000;
