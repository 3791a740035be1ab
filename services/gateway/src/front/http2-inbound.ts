import type { Body, HeaderList, Hop, Inbound, ResponseForm } from "../relay/inbound.ts";
import { errorCode } from "../wire/http2/codes.ts";
import { kindOf } from "../wire/http2/field.ts";
import type { RequestHead } from "../wire/http2/heads.ts";
import type { Http2Stream, StreamSink } from "../wire/http2/stream.ts";
import { BodyStream } from "./body-stream.ts";
import type { Http2Connection } from "./http2-connection.ts";

/** One request of HTTP/2, and its answer. */
export class Http2Inbound implements Inbound, StreamSink {
  readonly protocol = "http2";
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: HeaderList;
  readonly isTls: boolean;
  readonly remoteAddress: string;
  readonly hop: Hop | undefined;
  body: Body = { kind: "none" };
  readonly #connection: Http2Connection;
  readonly #stream: Http2Stream;
  /** What came of a body before anybody was told of the request. */
  #early: Buffer[] = [];
  #bodyStream: BodyStream | undefined;
  #isOver = false;
  #onDrain: (() => void) | undefined;
  #onGone: ((isWhole: boolean) => void) | undefined;

  constructor(connection: Http2Connection, stream: Http2Stream, head: RequestHead) {
    this.#connection = connection;
    this.#stream = stream;
    this.method = head.method;
    this.path = head.path;
    this.authority = head.authority;
    this.headers = head.headers;
    this.isTls = connection.isTls;
    this.remoteAddress = connection.remoteAddress;
    this.hop = connection.hop;
  }

  /** All of the chunk in which it came has been looked at. False: it was broken off already. */
  begin(): boolean {
    if (this.#isOver) return false;
    const early = this.#early;
    this.#early = [];
    if (this.#stream.isRemoteOver) {
      if (early.length === 0) return true;
      this.body = { kind: "whole", bytes: early.length === 1 ? (early[0] as Buffer) : Buffer.concat(early) };
      return true;
    }
    const stream = new BodyStream(this.#stream);
    this.body = { kind: "stream", stream };
    this.#bodyStream = stream;
    for (const bytes of early) this.onData(bytes);
    return true;
  }

  onHead(): void {
    // Only a client hears of it.
  }

  onData(bytes: Buffer): void {
    if (this.#bodyStream === undefined) this.#early.push(bytes);
    else if (!this.#bodyStream.pushPart(bytes)) this.#stream.pause();
  }

  onEnd(): void {
    this.#bodyStream?.push(null);
  }

  onReset(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onGone?.(false);
  }

  respond(status: number, headers: HeaderList, form: ResponseForm): void {
    if (this.#isOver) return;
    const isLast = form === "empty";
    if (isLast) this.#isOver = true;
    this.#connection.session.respond(this.#stream, status, status === 204 ? lengthless(headers) : headers, isLast);
    if (isLast) this.#onGone?.(true);
  }

  write(chunk: Uint8Array): boolean {
    return this.#stream.write(chunk);
  }

  flush(): void {
    // All that is said within a turn leaves together by itself.
  }

  end(trailers?: HeaderList): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream.end(trailers && sayable(trailers));
    this.#onGone?.(true);
  }

  cut(code?: number): void {
    this.#isOver = true;
    // With no error at all it could be taken for whole.
    this.#stream.reset(code || errorCode.internal);
  }

  onWritable(): void {
    this.#onDrain?.();
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  onGone(listener: (isWhole: boolean) => void): void {
    this.#onGone = listener;
  }
}

/** 204 has no body, and so no length either (RFC 9110 §8.6). */
const lengthless = (headers: HeaderList): HeaderList =>
  headers.filter((_, at) => headers[at - (at % 2)] !== "content-length");

/** What trails in HTTP/1.1 may be between neighbours, which HTTP/2 doesn't have. */
function sayable(trailers: HeaderList): HeaderList {
  const list: string[] = [];
  for (let at = 0; at < trailers.length; at += 2) {
    const [name, value] = [trailers[at] as string, trailers[at + 1] as string];
    if (kindOf(name, value) === "plain") list.push(name, value);
  }
  return list;
}
