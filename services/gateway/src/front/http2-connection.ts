import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Hop } from "../relay/inbound.ts";
import { SessionSocket } from "../session-socket.ts";
import { errorCode } from "../wire/http2/codes.ts";
import type { RequestHead } from "../wire/http2/heads.ts";
import { ServerSession } from "../wire/http2/server-session.ts";
import type { SessionSink } from "../wire/http2/session.ts";
import type { Http2Stream } from "../wire/http2/stream.ts";
import type { Sweep, Swept } from "../wire/sweep.ts";
import type { Http2Events } from "./http2.ts";
import { Http2Inbound } from "./http2-inbound.ts";
import type { Limits } from "./limits.ts";

export type Http2Shared = { readonly limits: Limits; readonly events: Http2Events; readonly sweep: Sweep };

/** A client's connection of HTTP/2, with all of its requests. */
export class Http2Connection implements SessionSink, Swept {
  readonly isTls: boolean;
  readonly remoteAddress: string;
  readonly hop: Hop | undefined;
  readonly session: ServerSession;
  readonly #socket: Socket;
  readonly #out: SessionSocket;
  readonly #shared: Http2Shared;
  /** Requests whose heads came in the chunk that is being read. What comes of their bodies in the same one comes with them. */
  #begun: Http2Inbound[] = [];
  /** Since when there has been no stream, since when the client may leave, or when it last took some of what it was sent. */
  #sinceMs: number;
  #isEnded = false;
  #toldMs: number | undefined;
  /** The head that isn't whole: since when, and how many streams there were before it. */
  #headMs: number | undefined;
  #headAfter = 0;

  constructor(socket: Socket, shared: Http2Shared) {
    const { limits, events, sweep } = shared;
    this.#socket = socket;
    this.#shared = shared;
    this.#sinceMs = sweep.nowMs;
    this.isTls = (socket as TLSSocket).encrypted === true;
    this.remoteAddress = socket.remoteAddress ?? "";
    this.hop = events.hopOf(socket);
    this.session = new ServerSession({
      limits,
      sink: this,
      clock: sweep,
      onRequest: (stream, head) => this.#onRequest(stream, head),
    });
    this.#out = new SessionSocket(socket, this.session.sender, this.isTls);
    socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    socket.on("drain", () => this.#onDrain());
    socket.on("end", () => socket.destroy());
    socket.on("close", () => this.session.lost("the client has left"));
    this.session.start();
    socket.resume();
  }

  #onData(chunk: Buffer): void {
    this.session.receive(chunk, chunk.length);
    const begun = this.#begun;
    if (begun.length > 0) {
      this.#begun = [];
      for (const inbound of begun) if (inbound.begin()) this.#shared.events.onRequest(inbound);
    }
    this.#noteHead();
  }

  #onDrain(): void {
    this.#sinceMs = this.#shared.sweep.nowMs;
    this.#out.drained();
  }

  /** Whether a head is on its way, and since when. */
  #noteHead(): void {
    const { session } = this;
    if (!session.isWithinHead) this.#headMs = undefined;
    else if (this.#headMs === undefined || this.#headAfter !== session.opened) {
      this.#headMs = this.#shared.sweep.nowMs;
      this.#headAfter = session.opened;
    }
  }

  #onRequest(stream: Http2Stream, head: RequestHead): void {
    const inbound = new Http2Inbound(this, stream, head);
    stream.sink = inbound;
    this.#begun.push(inbound);
  }

  bidGo(): void {
    this.#toldMs ??= this.#shared.sweep.nowMs;
    this.session.bidGo();
  }

  onOutput(): void {
    this.#out.wake();
  }

  onSettings(): void {
    // What they change is for the session to know.
  }

  onGoaway(): void {
    // The client will open no more streams, which it may or may not.
  }

  onIdle(): void {
    this.#sinceMs = this.#shared.sweep.nowMs;
    if (this.session.isClosing) this.#end();
  }

  onOver(): void {
    this.#end();
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const touch = (): void => void (this.#sinceMs = this.#shared.sweep.nowMs);
    touch();
    this.#out.end(touch);
  }

  sweep(nowMs: number): void {
    const { limits, sweep } = this.#shared;
    const { session } = this;
    // What is dated by the sweep may be a period younger than it seems.
    const stillMs = (sinceMs: number): number => nowMs - sinceMs - sweep.periodMs;
    // Of answers that are over for us, the client may still be taking the rest: as slowly as any other.
    if (this.#socket.writableLength > 0 && session.streams.size === 0) {
      if (stillMs(this.#sinceMs) > limits.idleMs) this.#socket.destroy();
      return;
    }
    if (this.#isEnded) {
      if (stillMs(this.#sinceMs) > leavingMs) this.#socket.destroy();
      return;
    }
    if (this.#toldMs !== undefined && stillMs(this.#toldMs) > leavingMs) session.close();
    if (this.#headMs !== undefined && stillMs(this.#headMs) > limits.headersMs) return void this.#socket.destroy();
    if (session.streams.size === 0) {
      if (!session.isReady && stillMs(this.#sinceMs) > limits.headersMs) return void this.#socket.destroy();
      if (stillMs(this.#sinceMs) > limits.keptMs) this.bidGo();
      return;
    }
    for (const stream of session.streams.all()) {
      if (stillMs(stream.sinceMs) <= limits.idleMs) continue;
      stream.reset(errorCode.cancel);
      stream.sink.onReset(undefined, `nothing went either way for ${limits.idleMs} ms`);
    }
  }
}

/** Unit: milliseconds. How long a client may take to leave after the last word, or to answer that it has heard that it should. */
const leavingMs = 2_000;
