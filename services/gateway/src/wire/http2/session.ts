import type { HeaderList } from "../../relay/inbound.ts";
import { Allowance } from "./allowance.ts";
import { type Block, type BlockRead, BlockReader } from "./block-reader.ts";
import { errorCode, flag, frameType, windowBytesUnsaid } from "./codes.ts";
import { type Frame, FrameReader, type FrameSink, readUint31, readUint32 } from "./frame-reader.ts";
import { Inflow } from "./inflow.ts";
import { LeftStreams } from "./left-streams.ts";
import { idleBurst, idlePerSecond, type SessionLimits, sessionWindowBytes } from "./limits.ts";
import { Sender } from "./sender.ts";
import { readSettings, type Settings, unsaid } from "./settings.ts";
import type { Http2Stream, StreamHost } from "./stream.ts";
import { StreamTable } from "./stream-table.ts";

export interface SessionSink {
  /** There is something in `sender` to be sent. */
  onOutput(): void;
  /** The other side has said what it allows, or something else than before. */
  onSettings(): void;
  /** The other side opens, or wants, no more streams. */
  onGoaway(): void;
  /** No stream is open any more. */
  onIdle(): void;
  /** It can't go on. Its last word is in `sender`. */
  onOver(because: string): void;
}

export type SessionParts = {
  readonly limits: SessionLimits;
  readonly sink: SessionSink;
  /** Unit: milliseconds, coarse. */
  readonly clock: { readonly nowMs: number };
};

/**
 * One connection of HTTP/2 (RFC 9113) without a socket: bytes in, events out, and in `sender` the bytes to send. What both sides do alike
 * is here; who opens streams, and what their first block says, is in the server's and the client's.
 */
export abstract class Session implements FrameSink, StreamHost {
  readonly sender: Sender;
  readonly streams = new StreamTable();
  isOver = false;
  /** The other side's first settings have come. */
  isReady = false;
  readonly peer: Settings = { ...unsaid };
  protected readonly limits: SessionLimits;
  protected readonly sink: SessionSink;
  protected readonly left = new LeftStreams();
  /** The newest stream that the other side has opened. */
  protected lastStream = 0;
  readonly #clock: SessionParts["clock"];
  readonly #reader = new FrameReader(this);
  readonly #blocks: BlockReader;
  readonly #idle: Allowance;
  readonly #inflow: Inflow;

  constructor({ limits, sink, clock }: SessionParts) {
    this.limits = limits;
    this.sink = sink;
    this.#clock = clock;
    this.sender = new Sender(() => sink.onOutput());
    this.#blocks = new BlockReader({ bytes: limits.headerBytes, count: limits.headerCount });
    this.#inflow = new Inflow(() => this.sender.say(), limits.heldBytes);
    this.#idle = new Allowance(idleBurst, idlePerSecond, clock.nowMs);
  }

  /** A block of a stream that isn't open, or of one that is. */
  protected abstract takeBlock(block: Block, stream: Http2Stream | undefined): void;
  /** The other side has broken a stream off, or given reason to. False: too often. */
  protected abstract onFarReset(): boolean;
  /** It will look at no stream of ours after this one. */
  protected abstract onGoaway(lastStream: number): void;
  /** A ping of ours has come back. */
  protected abstract onPong(): void;
  /** Whether no frame has ever been sent on such a stream. */
  protected abstract isUnopened(stream: number): boolean;
  protected abstract readonly isServer: boolean;

  get nowMs(): number {
    return this.#clock.nowMs;
  }

  /** A head has begun, and not come to its end. */
  get isWithinHead(): boolean {
    return this.#blocks.within > 0 || this.#reader.isWithinHead;
  }

  receive(chunk: Buffer, end: number): void {
    if (!this.isOver) this.#reader.read(chunk, 0, end);
  }

  /** The connection was lost. */
  lost(because: string): void {
    this.isOver = true;
    for (const stream of this.streams.all()) this.#break(stream, undefined, because);
  }

  protected begin(settings: readonly (readonly [number, number])[]): void {
    const out = this.sender.say();
    out.settings(settings);
    out.windowUpdate(0, sessionWindowBytes - windowBytesUnsaid);
  }

  /** Ends the connection for a fault of the other side's. */
  fail(code: number, because: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.sender.say().goaway(this.lastStream, code);
    for (const stream of this.streams.all()) this.#break(stream, undefined, because);
    this.sink.onOver(because);
  }

  /** Ends a stream for a fault of the other side's. */
  protected failStream(stream: Http2Stream, code: number, because: string): void {
    this.sender.say().reset(stream.id, code);
    this.left.note(stream.id, true);
    this.#break(stream, undefined, because);
    if (!this.onFarReset()) this.fail(errorCode.calm, "too many streams were broken off");
  }

  /** The other side has said that it never looked at it. */
  protected disown(stream: Http2Stream): void {
    this.left.note(stream.id, true);
    this.#break(stream, errorCode.refused, "the endpoint is leaving");
  }

  #break(stream: Http2Stream, code: number | undefined, because: string): void {
    if (stream.isClosed) return;
    this.#close(stream);
    stream.sink.onReset(code, because);
  }

  onTooLong(): void {
    this.fail(errorCode.frameSize, "a frame is too long");
  }

  onFrame(frame: Frame): boolean {
    this.#take(frame);
    return !this.isOver;
  }

  #take(frame: Frame): void {
    const { type, stream } = frame;
    const within = this.#blocks.within;
    if (within > 0 && (type !== frameType.continuation || stream !== within))
      return this.fail(errorCode.protocol, "a block of fields was interrupted");
    if (!this.isReady && (type !== frameType.settings || (frame.flags & flag.ack) !== 0))
      return this.fail(errorCode.protocol, "settings must come first");
    switch (type) {
      case frameType.data:
        return this.#onData(frame);
      case frameType.headers:
        return this.#onHeaders(frame);
      case frameType.continuation:
        return this.#onContinuation(frame, within);
      case frameType.priority:
        if (stream === 0) return this.fail(errorCode.protocol, "a priority of no stream");
        if (frame.to - frame.from !== 5) return this.fail(errorCode.frameSize, "a priority has a wrong length");
        return this.#onIdleFrame();
      case frameType.reset:
        return this.#onReset(frame);
      case frameType.settings:
        return this.#onSettings(frame);
      case frameType.push:
        return this.fail(errorCode.protocol, "nothing may be pushed");
      case frameType.ping:
        return this.#onPing(frame);
      case frameType.goaway:
        return this.#onGoaway(frame);
      case frameType.windowUpdate:
        return this.#onWindowUpdate(frame);
      default:
        // Of kinds that are not known nothing is to be made (RFC 9113 §5.5).
        return this.#onIdleFrame();
    }
  }

  /** A frame that brings nothing, or wants an answer: a few are well, and many are a flood. */
  #onIdleFrame(): void {
    if (!this.#idle.take(this.nowMs)) this.fail(errorCode.calm, "too many frames that bring nothing");
  }

  #onData(frame: Frame): void {
    const { stream: id, bytes } = frame;
    const length = frame.to - frame.from;
    if (id === 0) return this.fail(errorCode.protocol, "data of no stream");
    if (!this.#inflow.take(length)) return this.fail(errorCode.flowControl, "more came than the window");
    if (!unpad(frame)) return this.fail(errorCode.protocol, "padding is longer than its frame");
    const stream = this.streams.get(id);
    if (stream === undefined || stream.isRemoteOver) {
      this.#inflow.credit();
      return stream === undefined
        ? this.#onStray(id)
        : this.failStream(stream, errorCode.streamClosed, "data after the end");
    }
    const isLast = (frame.flags & flag.endStream) !== 0;
    const { from, to } = frame;
    if (to === from && !isLast) this.#onIdleFrame();
    stream.sinceMs = this.nowMs;
    stream.receiveWindow -= length;
    stream.uncredited += length;
    stream.owed -= to - from;
    if (stream.receiveWindow < 0) this.failStream(stream, errorCode.flowControl, "more came than the window");
    else if (!stream.hasHead) this.failStream(stream, errorCode.protocol, "data before the head");
    else if (stream.owed < 0) this.failStream(stream, errorCode.protocol, "the body is longer than was said");
    else if (to > from) stream.sink.onData(bytes.subarray(from, to));
    this.#inflow.settle(stream, length);
    if (isLast && !stream.isClosed) this.remoteEnd(stream, noTrailers);
  }

  /** A frame of a stream that is no more, or never was. */
  #onStray(id: number): void {
    if (this.isUnopened(id)) this.fail(errorCode.protocol, "a stream that was never opened");
    else if (!this.left.isBroken(id)) this.fail(errorCode.streamClosed, "a stream that has ended");
  }

  /** The other side has said everything. */
  protected remoteEnd(stream: Http2Stream, trailers: HeaderList): void {
    if (stream.owed > 0 && stream.owed !== Number.POSITIVE_INFINITY)
      return this.failStream(stream, errorCode.protocol, "the body is shorter than was said");
    stream.isRemoteOver = true;
    if (stream.isLocalOver) this.#close(stream);
    stream.sink.onEnd(trailers);
  }

  #onHeaders(frame: Frame): void {
    if (frame.stream === 0) return this.fail(errorCode.protocol, "fields of no stream");
    if (!unpad(frame)) return this.fail(errorCode.protocol, "padding is longer than its frame");
    if ((frame.flags & flag.priority) !== 0) {
      if (frame.to - frame.from < 5) return this.fail(errorCode.frameSize, "a priority has a wrong length");
      frame.from += 5;
    }
    this.#onBlock(this.#blocks.begin(frame));
  }

  #onContinuation(frame: Frame, within: number): void {
    if (within === 0) return this.fail(errorCode.protocol, "a continuation of nothing");
    if (frame.to - frame.from < scantBytes) this.#onIdleFrame();
    if (!this.isOver) this.#onBlock(this.#blocks.goOn(frame));
  }

  #onBlock(read: BlockRead): void {
    if (read.kind === "more") return;
    if (read.kind === "broken") return this.fail(read.code, "a block of fields can't be read");
    const stream = this.streams.get(read.stream);
    if (stream !== undefined) {
      stream.sinceMs = this.nowMs;
      if (stream.isRemoteOver) return this.failStream(stream, errorCode.streamClosed, "fields after the end");
    }
    this.takeBlock(read, stream);
  }

  #onReset({ stream: id, bytes, from, to }: Frame): void {
    if (id === 0) return this.fail(errorCode.protocol, "a reset of no stream");
    if (to - from !== 4) return this.fail(errorCode.frameSize, "a reset has a wrong length");
    if (this.isUnopened(id)) return this.fail(errorCode.protocol, "a reset of a stream that was never opened");
    const stream = this.streams.get(id);
    if (stream === undefined) return this.#onIdleFrame();
    const code = readUint32(bytes, from);
    this.left.note(id, false);
    this.#break(stream, code, `reset the stream with code ${code}`);
    if (!this.onFarReset()) this.fail(errorCode.calm, "too many streams were broken off");
  }

  #onSettings(frame: Frame): void {
    const length = frame.to - frame.from;
    if (frame.stream !== 0) return this.fail(errorCode.protocol, "settings of a stream");
    if ((frame.flags & flag.ack) !== 0) {
      return length === 0 ? this.#onIdleFrame() : this.fail(errorCode.frameSize, "settings have a wrong length");
    }
    if (length % 6 !== 0) return this.fail(errorCode.frameSize, "settings have a wrong length");
    this.#onIdleFrame();
    const { peer, sender } = this;
    const before = peer.windowBytes;
    const fault = readSettings(frame, peer, !this.isServer);
    if (fault !== undefined) return this.fail(fault, "a setting can't be what it was said to be");
    sender.encoder.resize(peer.tableBytes);
    sender.say().settingsAck();
    const widened = peer.windowBytes - before;
    if (widened !== 0) {
      for (const stream of this.streams.all())
        if (!sender.widenStream(stream, widened)) return this.fail(errorCode.flowControl, "a window is too great");
    }
    this.isReady = true;
    this.sink.onSettings();
  }

  #onPing(frame: Frame): void {
    if (frame.stream !== 0) return this.fail(errorCode.protocol, "a ping of a stream");
    if (frame.to - frame.from !== 8) return this.fail(errorCode.frameSize, "a ping has a wrong length");
    this.#onIdleFrame();
    if (this.isOver) return;
    if ((frame.flags & flag.ack) === 0) this.sender.say().ping(frame.bytes, frame.from, true);
    else this.onPong();
  }

  #onGoaway({ stream, bytes, from, to }: Frame): void {
    if (stream !== 0) return this.fail(errorCode.protocol, "a farewell of a stream");
    if (to - from < 8) return this.fail(errorCode.frameSize, "a farewell has a wrong length");
    this.#onIdleFrame();
    if (!this.isOver) this.onGoaway(readUint31(bytes, from));
  }

  #onWindowUpdate({ stream: id, bytes, from, to }: Frame): void {
    if (to - from !== 4) return this.fail(errorCode.frameSize, "a window update has a wrong length");
    const more = readUint31(bytes, from);
    const { sender } = this;
    if (!sender.isOwed()) this.#onIdleFrame();
    if (this.isOver) return;
    if (id === 0) {
      if (more === 0) return this.fail(errorCode.protocol, "a window grows by nothing");
      if (!sender.widen(more)) this.fail(errorCode.flowControl, "a window is too great");
      return;
    }
    if (this.isUnopened(id)) return this.fail(errorCode.protocol, "a window of a stream that was never opened");
    const stream = this.streams.get(id);
    if (stream === undefined) return;
    stream.sinceMs = this.nowMs;
    if (more === 0) this.failStream(stream, errorCode.protocol, "a window grows by nothing");
    else if (!sender.widenStream(stream, more)) this.failStream(stream, errorCode.flowControl, "a window is too great");
  }

  sendData(stream: Http2Stream, bytes: Uint8Array, from: number): number {
    const to = this.sender.data(stream, bytes, from);
    if (to > from) stream.sinceMs = this.nowMs;
    return to;
  }

  sendEnd(stream: Http2Stream, trailers: HeaderList | undefined): void {
    if (trailers === undefined || trailers.length === 0) this.sender.say().end(stream.id);
    else this.sender.block(stream.id, noTrailers, trailers, true);
    this.localEnd(stream);
  }

  /** This side has said everything. */
  protected localEnd(stream: Http2Stream): void {
    stream.isLocalOver = true;
    if (stream.isRemoteOver) this.#close(stream);
  }

  sendReset(stream: Http2Stream, code: number): void {
    this.sender.say().reset(stream.id, code);
    this.left.note(stream.id, true);
    this.#close(stream);
  }

  await(stream: Http2Stream): void {
    this.sender.await(stream);
  }

  credit(stream: Http2Stream): void {
    this.#inflow.creditStream(stream);
  }

  #close(stream: Http2Stream): void {
    if (!this.left.isBroken(stream.id)) this.left.note(stream.id, false);
    this.streams.delete(stream);
    this.sender.forget(stream);
    stream.close();
    this.#inflow.forget(stream);
    if (this.streams.size === 0) this.sink.onIdle();
  }
}

const noTrailers: HeaderList = [];
/** Unit: bytes. Whoever goes on in pieces as small as that has more than fields in mind. */
const scantBytes = 1_024;

/** Leaves padding out (RFC 9113 §6.1). False: it is longer than its frame. */
function unpad(frame: Frame): boolean {
  if ((frame.flags & flag.padded) === 0) return true;
  if (frame.from === frame.to) return false;
  const padding = frame.bytes[frame.from] as number;
  frame.from += 1;
  frame.to -= padding;
  return frame.to >= frame.from;
}
