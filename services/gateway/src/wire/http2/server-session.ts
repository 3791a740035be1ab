import type { HeaderList } from "../../relay/inbound.ts";
import { Allowance } from "./allowance.ts";
import type { Block } from "./block-reader.ts";
import { errorCode, preface, setting, streamIdMax } from "./codes.ts";
import { type RequestHead, requestHead, trailersOf } from "./heads.ts";
import { streamWindowBytes } from "./limits.ts";
import { Session, type SessionParts } from "./session.ts";
import { Http2Stream } from "./stream.ts";

export type ServerParts = SessionParts & {
  /** Whoever is told has the stream's `sink` from then on. */
  readonly onRequest: (stream: Http2Stream, head: RequestHead) => void;
};

/** The server's side of a connection: the other one opens streams. */
export class ServerSession extends Session {
  protected readonly isServer = true;
  readonly #onRequest: ServerParts["onRequest"];
  readonly #resets: Allowance;
  /** Bytes of the preface that have come. */
  #prefaceAt = 0;
  /** `told`: what is on its way yet is still served. `closing`: what comes from now on is refused. */
  #farewell: "none" | "told" | "closing" = "none";

  constructor(parts: ServerParts) {
    super(parts);
    const { limits } = this;
    this.#onRequest = parts.onRequest;
    this.#resets = new Allowance(limits.resetBurst, limits.resetsPerSecond, this.nowMs);
  }

  start(): void {
    const { limits } = this;
    this.begin([
      [setting.streams, limits.streams],
      [setting.windowBytes, streamWindowBytes],
      [setting.headerBytes, limits.headerBytes],
    ]);
  }

  /** The newest stream that the client has opened. */
  get opened(): number {
    return this.lastStream;
  }

  override receive(chunk: Buffer, end: number): void {
    if (this.#prefaceAt === preface.length) return super.receive(chunk, end);
    const length = Math.min(end, preface.length - this.#prefaceAt);
    if (preface.compare(chunk, 0, length, this.#prefaceAt, this.#prefaceAt + length) !== 0)
      return this.fail(errorCode.protocol, "this is no HTTP/2");
    this.#prefaceAt += length;
    if (length < end) super.receive(chunk.subarray(length, end), end - length);
  }

  /**
   * Bids the other side go. It first hears that it should open no more streams, and when that has come back from it, which was the last
   * that is served: so none that it opened meanwhile is lost (RFC 9113 §6.8).
   */
  bidGo(): void {
    if (this.#farewell !== "none" || this.isOver) return;
    this.#farewell = "told";
    const out = this.sender.say();
    out.goaway(streamIdMax, errorCode.none);
    out.ping(pingBytes, 0, false);
  }

  /** No stream will be opened any more. */
  close(): void {
    if (this.#farewell === "closing" || this.isOver) return;
    this.#farewell = "closing";
    this.sender.say().goaway(this.lastStream, errorCode.none);
    if (this.streams.size === 0) this.sink.onIdle();
  }

  get isClosing(): boolean {
    return this.#farewell === "closing";
  }

  respond(stream: Http2Stream, status: number, headers: HeaderList, isLast: boolean): void {
    if (stream.isLocalOver) return;
    stream.sinceMs = this.nowMs;
    this.sender.block(stream.id, [":status", statusText(status)], headers, isLast);
    if (isLast) this.localEnd(stream);
  }

  /** An answer that is whole before its request is says that no more of that is wanted (RFC 9113 §8.1). */
  protected override localEnd(stream: Http2Stream): void {
    super.localEnd(stream);
    if (!stream.isClosed) this.sendReset(stream, errorCode.none);
  }

  protected takeBlock(block: Block, stream: Http2Stream | undefined): void {
    if (stream === undefined) return this.#open(block);
    const trailers = block.isLast && !block.isTooLong ? trailersOf(block.fields) : undefined;
    if (trailers === undefined) return this.failStream(stream, errorCode.protocol, "trailers are malformed");
    this.remoteEnd(stream, trailers);
  }

  #open(block: Block): void {
    const { stream: id, isLast } = block;
    if (id % 2 === 0) return this.fail(errorCode.protocol, "a client's streams are odd");
    if (id <= this.lastStream) {
      if (this.left.isBroken(id)) return;
      return this.fail(
        this.left.hasEnded(id) ? errorCode.streamClosed : errorCode.protocol,
        "a stream was opened again",
      );
    }
    this.lastStream = id;
    if (this.#farewell === "closing" || this.streams.size >= this.limits.streams) return this.#refuse(id);
    const stream = new Http2Stream(id, this, { receive: streamWindowBytes, send: this.peer.windowBytes });
    this.streams.add(stream);
    stream.hasHead = true;
    stream.isRemoteOver = isLast;
    if (block.isTooLong) return this.respond(stream, 431, [], true);
    const head = requestHead(block.fields);
    if (head === undefined) return this.failStream(stream, errorCode.protocol, "the request is malformed");
    if (head.length !== undefined) stream.owed = head.length;
    if (isLast && head.length !== undefined && head.length > 0)
      return this.failStream(stream, errorCode.protocol, "the body is shorter than was said");
    // This is no tunnel.
    if (head.method === "CONNECT") return this.respond(stream, 405, [], true);
    this.#onRequest(stream, head);
  }

  #refuse(id: number): void {
    this.sender.say().reset(id, errorCode.refused);
    this.left.note(id, true);
    if (!this.onFarReset()) this.fail(errorCode.calm, "too many streams were opened at once");
  }

  protected onFarReset(): boolean {
    return this.#resets.take(this.nowMs);
  }

  protected onGoaway(): void {
    this.sink.onGoaway();
  }

  protected onPong(): void {
    if (this.#farewell === "told") this.close();
  }

  protected isUnopened(stream: number): boolean {
    return stream % 2 === 0 || stream > this.lastStream;
  }
}

const pingBytes = Buffer.from("farewell");

const statusTexts = new Map<number, string>();

function statusText(status: number): string {
  const known = statusTexts.get(status);
  if (known !== undefined) return known;
  const text = String(status);
  statusTexts.set(status, text);
  return text;
}
