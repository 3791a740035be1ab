import type { Socket } from "node:net";
import { SessionSocket } from "../session-socket.ts";
import { ClientSession } from "../wire/http2/client-session.ts";
import type { SessionSink } from "../wire/http2/session.ts";
import type { Sweep, Swept } from "../wire/sweep.ts";
import type { SentByHttp2 } from "./http2.ts";
import type { BackLimits } from "./limits.ts";
import type { SocketOwner } from "./open-socket.ts";

export type LaneParts = {
  readonly limits: BackLimits;
  readonly sweep: Sweep;
  /** Its socket has closed. */
  readonly onGone: (lane: Lane) => void;
  /** There is less room than was thought: perhaps there is more elsewhere. */
  readonly onCrowded: (sent: SentByHttp2) => void;
  /** It takes no more requests; those under way go on. */
  readonly onLeaving: (lane: Lane) => void;
};

/** One connection of HTTP/2 to an endpoint: as many requests at once as that allows. */
export class Lane implements SessionSink, SocketOwner, Swept {
  readonly session: ClientSession;
  /** Requests that wait until the other side has said what it allows, or for a stream to end. */
  readonly #waiting: SentByHttp2[] = [];
  readonly #parts: LaneParts;
  #socket: Socket | undefined;
  #out: SessionSocket | undefined;
  #late: NodeJS.Timeout | undefined;
  #isLeaving = false;
  /** Of these something came in the chunk that is being read. */
  #touched: SentByHttp2[] = [];

  constructor(parts: LaneParts) {
    this.#parts = parts;
    const { headerBytes, headerCount } = parts.limits;
    const limits = { ...without, headerBytes, headerCount };
    this.session = new ClientSession({ limits, sink: this, clock: parts.sweep });
  }

  own(socket: Socket): void {
    this.#socket = socket;
  }

  ready(): void {
    const socket = this.#socket as Socket;
    this.#out = new SessionSocket(socket, this.session.sender, "encrypted" in socket);
    this.session.start();
    // The other side's settings come first of all; before them nobody knows how many streams it takes.
    const { connectMs } = this.#parts.limits;
    this.#late = setTimeout(() => socket.destroy(new Error(`no settings within ${connectMs} ms`)), connectMs);
  }

  /** Streams that could be opened, were it not for those that wait. */
  get room(): number {
    return this.session.peer.streams - this.session.streams.size - this.#waiting.length;
  }

  take(sent: SentByHttp2): void {
    sent.wait(this);
    this.#waiting.push(sent);
    this.next();
  }

  /** It waits no longer, for nobody wants its answer. */
  forget(sent: SentByHttp2): void {
    const at = this.#waiting.indexOf(sent);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** Those that wait begin, as many as may. */
  next(): void {
    while (this.#waiting.length > 0 && this.#hasRoom) this.#waiting.shift()?.begin(this.session);
    if (this.session.isSpent) this.#retire();
  }

  get #hasRoom(): boolean {
    const { isReady, isOver, isSpent, streams, peer } = this.session;
    return isReady && !isOver && !isSpent && streams.size < peer.streams;
  }

  /** Its streams have run out. */
  #retire(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#parts.onLeaving(this);
    for (const sent of this.#waiting.splice(0)) this.#parts.onCrowded(sent);
  }

  /** What has come for it mustn't wait for more once this chunk is read. */
  touch(sent: SentByHttp2): void {
    if (this.#touched.at(-1) !== sent) this.#touched.push(sent);
  }

  readShared(buffer: Buffer, end: number): boolean {
    this.session.receive(buffer, end);
    const touched = this.#touched;
    if (touched.length > 0) {
      this.#touched = [];
      for (const sent of touched) sent.rest();
    }
    return this.#socket?.isPaused() === false;
  }

  read(chunk: Buffer): void {
    this.readShared(chunk, chunk.length);
  }

  onOutput(): void {
    this.#out?.wake();
  }

  onSettings(): void {
    clearTimeout(this.#late);
    this.next();
    for (const sent of this.#waiting.splice(0)) this.#parts.onCrowded(sent);
  }

  onGoaway(): void {
    this.leave();
  }

  onIdle(): void {
    if (this.#isLeaving) this.#end();
  }

  onOver(): void {
    this.#end();
  }

  #end(): void {
    this.#out?.end();
    this.#socket?.destroySoon();
  }

  /** Takes no more requests; the connection ends with the last of those it has. */
  leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#parts.onLeaving(this);
    for (const sent of this.#waiting.splice(0)) sent.refused("the endpoint is leaving");
    if (this.session.streams.size === 0) this.destroy();
  }

  drained(): void {
    this.#out?.drained();
  }

  ended(): void {
    this.session.lost("the connection was closed");
    this.destroy();
  }

  gone(because: string): void {
    clearTimeout(this.#late);
    this.#parts.onGone(this);
    this.session.lost(because);
    for (const sent of this.#waiting.splice(0)) sent.fail({ kind: "connect", detail: because });
  }

  destroy(): void {
    this.session.lost("the endpoint was left");
    this.#socket?.destroy();
  }

  sweep(nowMs: number): void {
    const { limits, sweep } = this.#parts;
    for (const { sink, isPaused, sinceMs } of this.session.streams.all())
      if (!isPaused && nowMs - sinceMs - sweep.periodMs > limits.idleMs) (sink as SentByHttp2).timeOut();
  }
}

/** An endpoint opens no streams, and what it sends is for many clients, so that none may wait for another. */
const without = { streams: 0, resetBurst: 0, resetsPerSecond: 0, heldBytes: Number.POSITIVE_INFINITY };
