import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Body, Hop } from "../relay/inbound.ts";
import { shortBytes } from "../wire/chunk-text.ts";
import type { Malformed } from "../wire/malformed.ts";
import { MessageReader, type MessageSink } from "../wire/message-reader.ts";
import { parseRequestHead, type RequestHead } from "../wire/request-head.ts";
import type { Sweep, Swept } from "../wire/sweep.ts";
import { type Speaker, sendAtTurnEnd } from "../wire/turn-end.ts";
import { BodyStream } from "./body-stream.ts";
import type { Http1Events } from "./http1.ts";
import { Http1Inbound } from "./http1-inbound.ts";
import type { Limits } from "./limits.ts";

export type Shared = { readonly limits: Limits; readonly events: Http1Events; readonly sweep: Sweep };

/** `kept`: no request. `leaving`: the last answer is on its way, and what still comes is thrown away. */
type Phase = "kept" | "head" | "exchange" | "leaving";

/** A client's connection: its requests one after the other, each with its answer before the next is looked at. */
export class ClientConnection implements MessageSink<RequestHead>, Speaker, Swept {
  readonly socket: Socket;
  readonly shared: Shared;
  readonly isTls: boolean;
  readonly remoteAddress: string;
  readonly hop: Hop | undefined;
  readonly #reader: MessageReader<RequestHead>;
  #phase: Phase = "kept";
  /** When this phase began, or, within an exchange, when something last went either way. */
  #sinceMs: number;
  #head: RequestHead | undefined;
  /** What came of a body before anybody was told of the request. */
  #early: Buffer[] = [];
  #body: BodyStream | undefined;
  #inbound: Http1Inbound | undefined;
  /** Everything of the present request has come. */
  isRequestWhole = true;
  /** What came behind the present request: the next ones, which wait for its answer. */
  #rest: Buffer | undefined;
  #isFeeding = false;
  /** What leaves at the end of this turn; a character for each byte. */
  #out = "";

  constructor(socket: Socket, shared: Shared) {
    this.socket = socket;
    this.shared = shared;
    this.isTls = (socket as TLSSocket).encrypted === true;
    this.remoteAddress = socket.remoteAddress ?? "";
    this.hop = shared.events.hopOf(socket);
    this.#sinceMs = shared.sweep.nowMs;
    this.#reader = new MessageReader(this, shared.limits.headerBytes);
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("close", this.#onClose);
    socket.on("drain", this.#onDrain);
    socket.resume();
  }

  say(text: string): void {
    if (this.#out === "") sendAtTurnEnd(this);
    this.#out += text;
    // Whoever asks for much at once is asked to take the answers: the socket says when that doesn't go on.
    if (this.#out.length > shortBytes) this.send();
  }

  send(): void {
    const out = this.#out;
    if (out === "") return;
    this.#out = "";
    if (!this.socket.destroyed) this.socket.write(out, "latin1");
  }

  touch(): void {
    this.#sinceMs = this.shared.sweep.nowMs;
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#phase === "leaving") return;
    if (this.#phase === "exchange") this.touch();
    if (this.#rest !== undefined || this.#mustWait()) return this.#hold(chunk);
    this.#feed(chunk);
  };

  /** The next request waits for the present one's answer, and for a client that doesn't take its answers. */
  #mustWait(): boolean {
    return this.#inbound === undefined ? this.socket.writableNeedDrain : this.isRequestWhole;
  }

  #hold(chunk: Buffer): void {
    this.#rest = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.socket.pause();
  }

  #feed(chunk: Buffer): void {
    this.#isFeeding = true;
    let at = 0;
    while (at < chunk.length && this.#phase !== "leaving") {
      if (this.#mustWait()) {
        this.#hold(chunk.subarray(at));
        break;
      }
      if (this.#phase === "kept") this.#enter("head");
      const to = this.#reader.read(chunk, at);
      if (typeof to !== "number") {
        this.#refuse(to);
        break;
      }
      at = to;
      const head = this.#head;
      if (head === undefined) continue;
      this.#head = undefined;
      if (isUpgrade(head)) return this.#handOver(head, chunk.subarray(at));
      this.#begin(head);
    }
    this.#isFeeding = false;
  }

  parseHead(text: string, end: number): RequestHead | Malformed {
    return parseRequestHead(text, end, this.shared.limits.headerCount);
  }

  onHead(head: RequestHead): boolean {
    this.#head = head;
    this.isRequestWhole = false;
    this.#enter("exchange");
    return true;
  }

  onBody(chunk: Buffer, from: number, to: number): void {
    const bytes = chunk.subarray(from, to);
    if (this.#head !== undefined) this.#early.push(bytes);
    else if (this.#body !== undefined && !this.#body.pushPart(bytes)) this.socket.pause();
  }

  onBodyEnd(): void {
    this.isRequestWhole = true;
    this.#body?.push(null);
  }

  #begin(head: RequestHead): void {
    if (head.expect !== undefined) {
      if (head.expect.toLowerCase() !== "100-continue") return this.#refuse({ status: 417 });
      if (!this.isRequestWhole) this.say("HTTP/1.1 100 Continue\r\n\r\n");
    }
    this.#inbound = new Http1Inbound(this, head, this.#takeBody());
    this.shared.events.onRequest(this.#inbound);
  }

  #takeBody(): Body {
    const early = this.#early;
    if (early.length > 0) this.#early = [];
    if (!this.isRequestWhole) {
      const stream = new BodyStream(this.socket);
      for (const bytes of early) stream.pushPart(bytes);
      this.#body = stream;
      return { kind: "stream", stream };
    }
    if (early.length === 0) return { kind: "none" };
    return { kind: "whole", bytes: early.length === 1 ? (early[0] as Buffer) : Buffer.concat(early) };
  }

  /** The present request is answered. Only where all of it has come, and the client stays, another may follow. */
  answered(isKept: boolean): void {
    this.#inbound = undefined;
    this.#body = undefined;
    if (!isKept || !this.isRequestWhole) return this.#leave(undefined);
    this.#enter("kept");
    if (!this.socket.writableNeedDrain) this.#goOn();
  }

  /** What waited is looked at now; while a chunk is being read, that goes on by itself. */
  #goOn(): void {
    const rest = this.#rest;
    if (this.#isFeeding || rest === undefined) return;
    this.#rest = undefined;
    this.socket.resume();
    this.#onData(rest);
  }

  #refuse({ status }: Pick<Malformed, "status">): void {
    const inbound = this.#inbound;
    this.#inbound = undefined;
    inbound?.leave();
    // In the midst of an answer no other can be given.
    if (inbound?.isBegun) {
      this.send();
      return void this.socket.destroy();
    }
    const title = STATUS_CODES[status] ?? "Bad Request";
    this.#leave(`HTTP/1.1 ${status} ${title}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  }

  /** Says its last word. What still comes is read for a moment, for a reset could overtake the answer (RFC 9112 §9.6). */
  #leave(word: string | undefined): void {
    this.#enter("leaving");
    this.#rest = undefined;
    const said = (): void => this.touch();
    this.send();
    if (word === undefined) this.socket.end(said);
    else this.socket.end(word, "latin1", said);
    this.socket.resume();
  }

  #handOver(head: RequestHead, first: Buffer): void {
    const { socket } = this;
    this.send();
    this.#phase = "leaving";
    socket.pause();
    socket.off("data", this.#onData);
    socket.off("end", this.#onEnd);
    socket.off("close", this.#onClose);
    socket.off("drain", this.#onDrain);
    this.shared.sweep.delete(this);
    this.shared.events.onUpgrade(head, socket, first);
  }

  readonly #onDrain = (): void => {
    this.touch();
    if (this.#inbound !== undefined) this.#inbound.drained();
    else if (this.#phase !== "leaving") this.#goOn();
  };

  /** A client that closes while it is owed an answer has left; what it was sent already may still reach it. */
  readonly #onEnd = (): void => {
    this.send();
    if (this.#phase === "head" || this.#phase === "exchange") this.socket.destroy();
  };

  readonly #onClose = (): void => {
    this.#phase = "leaving";
    this.#inbound?.leave();
    this.#inbound = undefined;
    this.#body = undefined;
  };

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.touch();
  }

  sweep(nowMs: number): void {
    const { limits, sweep } = this.shared;
    // What is dated by the sweep may be a period younger than it seems.
    const stillMs = nowMs - this.#sinceMs - sweep.periodMs;
    // Of an answer that is over for us, the client may still be taking the rest: as slowly as any other.
    if (this.#phase !== "head" && this.socket.writableLength > 0) {
      if (stillMs > limits.idleMs) this.socket.destroy();
      return;
    }
    switch (this.#phase) {
      case "head":
        if (stillMs > limits.headersMs) this.#refuse({ status: 408 });
        return;
      case "kept":
        if (stillMs > limits.keptMs) this.socket.destroy();
        return;
      case "exchange":
        if (stillMs > limits.idleMs) this.socket.destroy();
        return;
      case "leaving":
        if (stillMs > leavingMs) this.socket.destroy();
        return;
      default:
        return this.#phase satisfies never;
    }
  }
}

/** Unit: milliseconds. How long a client may take to leave after the last answer. */
const leavingMs = 2_000;

/**
 * A request with a body isn't handed over: where that ends would be for two to know. HTTP/2 over cleartext begins with its
 * preface here; whoever asks for it like this is served in HTTP/1.1, as they must expect (RFC 9113 §3.1).
 */
const isUpgrade = ({ upgrade, framing }: RequestHead): boolean =>
  upgrade !== undefined && framing.kind === "none" && upgrade.toLowerCase() !== "h2c";
