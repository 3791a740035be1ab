import { type Frame, flags, frame, frameTypes, parseFrames } from "../../../../../test/conformance/clients/frames.ts";
import type { HeaderList } from "../../relay/inbound.ts";
import { ClientSession } from "./client-session.ts";
import { frameType, preface } from "./codes.ts";
import type { RequestHead, ResponseHead } from "./heads.ts";
import { HpackEncoder } from "./hpack-encoder.ts";
import { ServerSession } from "./server-session.ts";
import type { Session, SessionSink } from "./session.ts";
import type { Http2Stream, StreamSink } from "./stream.ts";

/** One stream, and all that was heard on it. */
export class Heard implements StreamSink {
  readonly stream: Http2Stream;
  readonly request: RequestHead | undefined;
  head: ResponseHead | undefined;
  body = "";
  trailers: HeaderList | undefined;
  /** How it ended; more than one would be a fault of the session's. */
  readonly ends: string[] = [];
  writable = 0;

  constructor(stream: Http2Stream, request?: RequestHead) {
    this.stream = stream;
    this.request = request;
    stream.sink = this;
  }

  onHead(head: ResponseHead): void {
    this.head = head;
  }

  onData(bytes: Buffer): void {
    this.body += bytes.toString("latin1");
  }

  onEnd(trailers: HeaderList): void {
    this.trailers = trailers;
    this.ends.push("end");
  }

  onReset(code: number | undefined): void {
    this.ends.push(code === undefined ? "lost" : `reset ${code}`);
  }

  onWritable(): void {
    this.writable += 1;
  }
}

export type SaidFrame = Required<Frame>;

export const testLimits = {
  headerBytes: 16_384,
  headerCount: 200,
  streams: 100,
  resetBurst: 50,
  resetsPerSecond: 1,
  heldBytes: 1_000_000,
};

/** A session without a socket: what is said to it, and what it says. */
class Bench<TSession extends Session> {
  readonly session: TSession;
  readonly heard: Heard[] = [];
  readonly clock = { nowMs: 0 };
  over: string | undefined;
  isGoing = false;

  constructor(make: (sink: SessionSink, bench: Bench<TSession>) => TSession) {
    const sink: SessionSink = {
      onOutput: () => undefined,
      onSettings: () => undefined,
      onGoaway: () => void (this.isGoing = true),
      onIdle: () => undefined,
      onOver: (because) => void (this.over = because),
    };
    this.session = make(sink, this);
  }

  /** What it says to that. */
  say(...pieces: readonly (Buffer | Frame)[]): readonly SaidFrame[] {
    const bytes = Buffer.concat(pieces.map((piece) => (Buffer.isBuffer(piece) ? piece : frame(piece))));
    this.session.receive(bytes, bytes.length);
    return this.said();
  }

  said(): readonly SaidFrame[] {
    const bytes = Buffer.concat(this.session.sender.take());
    return parseFrames(bytes.indexOf(preface) === 0 ? bytes.subarray(preface.length) : bytes);
  }
}

export const settingsFrame = (...pairs: readonly (readonly [number, number])[]): Buffer => {
  const payload = Buffer.alloc(pairs.length * 6);
  for (const [at, [id, value]] of pairs.entries()) {
    payload.writeUInt16BE(id, at * 6);
    payload.writeUInt32BE(value, at * 6 + 2);
  }
  return frame({ type: frameTypes.settings, payload });
};

export function serverBench(limits: Partial<typeof testLimits> = {}, begin: readonly Buffer[] = hello) {
  const bench = new Bench<ServerSession>((sink, { heard, clock }) => {
    const onRequest = (stream: Http2Stream, head: RequestHead): void => void heard.push(new Heard(stream, head));
    return new ServerSession({ limits: { ...testLimits, ...limits }, sink, clock, onRequest });
  });
  bench.session.start();
  bench.say(...begin);
  return bench;
}

/** What a client begins with. */
const hello: readonly Buffer[] = [preface, settingsFrame()];

export function clientBench(settings: readonly (readonly [number, number])[] = []) {
  const bench = new Bench<ClientSession>((sink, { clock }) => new ClientSession({ limits: testLimits, sink, clock }));
  bench.session.start();
  bench.say(settingsFrame(...settings));
  const ask = (method = "GET", isLast = true): Heard => {
    const asked = { method, scheme: "http", path: "/", authority: "a.test", headers: [], isLast };
    const heard = new Heard(bench.session.ask(asked));
    bench.heard.push(heard);
    return heard;
  };
  return { bench, ask };
}

/** A block in one frame. Nothing of it is remembered by tables, so each stands for itself. */
export function headers(
  stream: number,
  list: readonly string[],
  set: number = flags.endHeaders | flags.endStream,
): Buffer {
  const encoder = new HpackEncoder();
  encoder.resize(0);
  encoder.begin();
  for (let at = 0; at < list.length; at += 2) encoder.field(list[at] as string, list[at + 1] as string);
  return frame({ type: frameTypes.headers, flags: set, stream, payload: Buffer.from(encoder.end()) });
}

export const get = [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a.test"];
export const post = [":method", "POST", ...get.slice(2)];
export const open: number = flags.endHeaders;

export const data = (stream: number, text: string, isLast = false): Buffer =>
  frame({ type: frameTypes.data, flags: isLast ? flags.endStream : 0, stream, payload: Buffer.from(text, "latin1") });

export const windowUpdate = (stream: number, bytes: number): Buffer => number32(frameType.windowUpdate, stream, bytes);
export const reset = (stream: number, code: number): Buffer => number32(frameType.reset, stream, code);

function number32(type: number, stream: number, value: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(value);
  return frame({ type, stream, payload });
}

/** What the frames say, in short: the faults among them, and what was sent. */
export const inShort = (frames: readonly SaidFrame[]): string[] =>
  frames.flatMap(({ type, stream, payload, flags: set }) => {
    if (type === frameType.goaway) return [`goaway ${payload.readUInt32BE(4)}`];
    if (type === frameType.reset) return [`reset ${stream} ${payload.readUInt32BE(0)}`];
    if (type === frameType.headers) return [`headers ${stream}${set & flags.endStream ? " end" : ""}`];
    if (type === frameType.data) return [`data ${stream} ${payload.length}${set & flags.endStream ? " end" : ""}`];
    return [];
  });
