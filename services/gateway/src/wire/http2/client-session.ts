import type { HeaderList } from "../../relay/inbound.ts";
import type { Block } from "./block-reader.ts";
import { errorCode, preface, setting, streamIdMax } from "./codes.ts";
import { responseHead, trailersOf } from "./heads.ts";
import { interimsMax, streamWindowBytes } from "./limits.ts";
import { Session } from "./session.ts";
import { Http2Stream } from "./stream.ts";

export type Asked = {
  readonly method: string;
  readonly scheme: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: HeaderList;
  /** No body follows. */
  readonly isLast: boolean;
};

/** The client's side of a connection: streams are opened here. */
export class ClientSession extends Session {
  protected readonly isServer = false;
  /** The newest stream that was opened. */
  #newest = -1;

  start(): void {
    this.sender.say().raw(preface);
    this.begin([
      [setting.push, 0],
      [setting.windowBytes, streamWindowBytes],
      [setting.headerBytes, this.limits.headerBytes],
    ]);
  }

  /** Numbers of streams run out after a thousand million of them, which a busy connection reaches in half a day. */
  get isSpent(): boolean {
    return this.#newest >= streamIdMax - 2;
  }

  /** Whoever asks sets the stream's `sink` at once. */
  ask({ method, scheme, path, authority, headers, isLast }: Asked): Http2Stream {
    this.#newest += 2;
    const stream = new Http2Stream(this.#newest, this, { receive: streamWindowBytes, send: this.peer.windowBytes });
    stream.isForHead = method === "HEAD";
    this.streams.add(stream);
    const pseudo = [":method", method, ":scheme", scheme, ":authority", authority, ":path", path];
    this.sender.block(stream.id, pseudo, headers, isLast);
    if (isLast) this.localEnd(stream);
    return stream;
  }

  protected takeBlock(block: Block, stream: Http2Stream | undefined): void {
    if (stream === undefined) return this.#onStrayBlock(block.stream);
    if (block.isTooLong) return this.failStream(stream, errorCode.protocol, "the headers are too long");
    if (!stream.hasHead) return this.#takeHead(block, stream);
    const trailers = block.isLast ? trailersOf(block.fields) : undefined;
    if (trailers === undefined) return this.failStream(stream, errorCode.protocol, "trailers are malformed");
    this.remoteEnd(stream, trailers);
  }

  #onStrayBlock(id: number): void {
    if (this.left.isBroken(id)) return;
    const code = this.isUnopened(id) ? errorCode.protocol : errorCode.streamClosed;
    this.fail(code, "an answer on a stream that isn't open");
  }

  #takeHead({ fields, isLast }: Block, stream: Http2Stream): void {
    const head = responseHead(fields);
    if (head === undefined) return this.failStream(stream, errorCode.protocol, "the answer's head is malformed");
    const { status, length } = head;
    if (status < 200) {
      stream.interims += 1;
      if (isLast || stream.interims > interimsMax)
        this.failStream(stream, errorCode.protocol, "the answer doesn't begin");
      return;
    }
    stream.hasHead = true;
    if (stream.isForHead || status === 204 || status === 304) stream.owed = 0;
    else if (length !== undefined) stream.owed = length;
    // An end that comes too early is told by `remoteEnd`, and not as an answer that was empty.
    const isEmpty = isLast && !(stream.owed > 0 && stream.owed !== Number.POSITIVE_INFINITY);
    if (isEmpty || !isLast) stream.sink.onHead(head, isLast);
    if (isLast && !stream.isClosed) this.remoteEnd(stream, []);
  }

  /** Only servers are asked to bear with us. */
  protected onFarReset(): boolean {
    return true;
  }

  /** What it will not look at may be sent elsewhere (RFC 9113 §6.8). */
  protected onGoaway(lastStream: number): void {
    this.sink.onGoaway();
    for (const stream of this.streams.all()) if (stream.id > lastStream) this.disown(stream);
  }

  protected onPong(): void {
    // We never ask.
  }

  protected isUnopened(stream: number): boolean {
    return stream % 2 === 0 || stream > this.#newest;
  }
}
