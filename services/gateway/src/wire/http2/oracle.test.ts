import assert from "node:assert/strict";
import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  createServer as createHttp2Server,
  type ServerHttp2Stream,
} from "node:http2";
import { connect, createServer, type Socket } from "node:net";
import { after, test } from "node:test";
import fc from "fast-check";
import type { HeaderList } from "../../relay/inbound.ts";
import { SessionSocket } from "../../session-socket.ts";
import { listenOn } from "../../test-listen.ts";
import { ClientSession } from "./client-session.ts";
import { ServerSession } from "./server-session.ts";
import type { Session, SessionSink } from "./session.ts";
import { Heard, testLimits } from "./test-session.ts";

/*
 * Ours against node:http2: whatever one side says over a real connection, the other must hear. What ours reads is cut into pieces at
 * random, so that frames, blocks and strings begin and end anywhere in them.
 */

type Message = { readonly headers: HeaderList; readonly body: readonly string[]; readonly trailers: HeaderList };
type Exchange = { readonly method: string; readonly path: string; readonly ask: Message; readonly answer: Message };

const name = fc.constantFrom(
  "x-a",
  "x-b",
  "x-c",
  "accept-encoding",
  "cache-control",
  "set-cookie",
  "x-long-name-of-ours",
);
const value = fc.oneof(
  fc.constantFrom("", "same", "other", "gzip, deflate"),
  fc.stringMatching(/^[!-~]([ -~]{0,40}[!-~])?$/),
  fc.integer({ min: 1, max: 9_000 }).map((length) => "v".repeat(length)),
);
const list = fc.array(fc.tuple(name, value), { maxLength: 6 }).map((pairs) => pairs.flat());
const piece = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.integer({ min: 1, max: 90_000 }).map((size) => "b".repeat(size)),
);
const message = fc.record({ headers: list, body: fc.array(piece, { maxLength: 4 }), trailers: list });
const exchange = fc.record({
  method: fc.constantFrom("POST", "PUT"),
  path: fc.webPath().map((path) => `/${path.replace(/^\//, "")}`),
  ask: message,
  answer: message,
});
const cuts = fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 6 });

const nothing: SessionSink = {
  onOutput: () => undefined,
  onSettings: () => undefined,
  onGoaway: () => undefined,
  onIdle: () => undefined,
  onOver: () => undefined,
};
const clock = { nowMs: 0 };
const limits = { ...testLimits, headerBytes: 100_000 };

/** Brings session and socket together, and cuts what comes into pieces of those sizes in turn. */
function join<TSession extends Session>(
  socket: Socket,
  sizes: readonly number[],
  make: (sink: SessionSink) => TSession,
) {
  const session: TSession = make({
    ...nothing,
    onOutput: () => out.wake(),
    onOver: (why) => socket.destroy(new Error(why)),
  });
  const out = new SessionSocket(socket, session.sender, false);
  let turn = 0;
  socket.on("data", (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; ) {
      const size = sizes[turn++ % sizes.length] as number;
      const part = Buffer.from(chunk.subarray(at, at + size));
      session.receive(part, part.length);
      // What was read is gone, as in a buffer that is used again.
      part.fill(0xff);
      at += size;
    }
  });
  socket.on("drain", () => out.drained());
  socket.on("close", () => session.lost("closed"));
  socket.on("error", () => undefined);
  return session;
}

/** As node:http2 takes lists: it joins what repeats, except cookies, so what it hands over is compared as a list. */
const grouped = (headers: HeaderList): Map<string, string> => {
  const all = new Map<string, string>();
  for (let at = 0; at < headers.length; at += 2) {
    const [one, other] = [headers[at] as string, headers[at + 1] as string];
    if (!one.startsWith(":")) all.set(one, all.has(one) ? `${all.get(one)}|${other}` : other);
  }
  return all;
};

type Said = { readonly headers: Map<string, string>; readonly body: string; readonly trailers: Map<string, string> };
const told = ({ headers, body, trailers }: Message): Said => ({
  headers: grouped(headers),
  body: body.join(""),
  trailers: grouped(trailers),
});

/** Sends a body and trailers through a stream of node's. */
function sendByNode(stream: ClientHttp2Stream | ServerHttp2Stream, { body, trailers }: Message): void {
  stream.on("wantTrailers", () => {
    const pairs: Record<string, string[]> = {};
    for (let at = 0; at < trailers.length; at += 2)
      (pairs[trailers[at] as string] ??= []).push(trailers[at + 1] as string);
    stream.sendTrailers(pairs);
  });
  for (const part of body) stream.write(Buffer.from(part, "latin1"));
  stream.end();
}

async function bodyOf(stream: ClientHttp2Stream | ServerHttp2Stream): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("latin1");
}

/** What our side heard, once that is all. */
class Listener extends Heard {
  readonly whole = Promise.withResolvers<void>();
  headers: HeaderList = [];

  override onEnd(trailers: HeaderList): void {
    super.onEnd(trailers);
    this.whole.resolve();
  }

  override onReset(code: number | undefined): void {
    super.onReset(code);
    this.whole.reject(new Error(`reset ${code}`));
  }

  said(): Said {
    const headers = this.head?.headers ?? this.request?.headers ?? [];
    return { headers: grouped(headers), body: this.body, trailers: grouped(this.trailers ?? []) };
  }
}

function sendByOurs({ stream }: Heard, { body, trailers }: Message): void {
  for (const part of body) stream.write(Buffer.from(part, "latin1"));
  stream.end(trailers);
}

const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

test("what node:http2's client says, our server hears, and the other way round", async () => {
  let sizes: readonly number[] = [1];
  let exchanges: readonly Exchange[] = [];
  const heard = new Map<string, Listener>();
  const server = createServer((socket) => {
    const session: ServerSession = join(socket, sizes, (sink) => {
      const onRequest: ConstructorParameters<typeof ServerSession>[0]["onRequest"] = (stream, head) => {
        const [number = ""] = head.path.slice(1).split("/");
        const one = new Listener(stream, head);
        heard.set(number, one);
        const { answer } = exchanges[Number(number)] as Exchange;
        const reply = (): void => {
          session.respond(stream, 200, answer.headers, false);
          sendByOurs(one, answer);
        };
        one.whole.promise.then(reply, () => undefined);
      };
      return new ServerSession({ limits, sink, clock, onRequest });
    });
    session.start();
  });
  const port = await listenOn(server);
  closing.push(() => server.close());
  await fc.assert(
    fc.asyncProperty(fc.array(exchange, { minLength: 1, maxLength: 5 }), cuts, async (all, parts) => {
      [exchanges, sizes] = [all, parts];
      heard.clear();
      const client = connectHttp2(`http://127.0.0.1:${port}`);
      try {
        await Promise.all(all.map((one, number) => askByNode(client, one, number)));
      } finally {
        client.destroy();
      }
      for (const [number, { method, path, ask }] of all.entries()) {
        const one = heard.get(String(number));
        assert.deepEqual(one?.said(), told(ask));
        assert.deepEqual([one?.request?.method, one?.request?.path], [method, `/${number}${path}`]);
      }
    }),
    { numRuns: 150 },
  );
});

async function askByNode(
  client: ClientHttp2Session,
  { method, path, ask, answer }: Exchange,
  number: number,
): Promise<void> {
  const head = [
    ":method",
    method,
    ":path",
    `/${number}${path}`,
    ":scheme",
    "http",
    ":authority",
    "a.test",
    ...ask.headers,
  ];
  const stream = client.request(head as never, { waitForTrailers: true, endStream: false });
  let [headers, trailers]: [HeaderList, HeaderList] = [[], []];
  stream.on("response", (...[, , raw]: [unknown, unknown, HeaderList]) => void (headers = raw));
  stream.on("trailers", (...[, , raw]: [unknown, unknown, HeaderList]) => void (trailers = raw));
  sendByNode(stream, ask);
  const [body] = await Promise.all([bodyOf(stream), once(stream, "close")]);
  assert.deepEqual({ headers: grouped(headers), body, trailers: grouped(trailers) }, told(answer));
}

test("what our client says, node:http2's server hears, and the other way round", async () => {
  let exchanges: readonly Exchange[] = [];
  const heard = new Map<string, Said>();
  const server = createHttp2Server();
  server.on("stream", (...[stream, , , raw]: [ServerHttp2Stream, unknown, unknown, HeaderList]) => {
    const number = (raw[raw.indexOf(":path") + 1] as string).slice(1).split("/")[0] as string;
    const { answer } = exchanges[Number(number)] as Exchange;
    let trailers: HeaderList = [];
    stream.on("trailers", (...[, , list]: [unknown, unknown, HeaderList]) => void (trailers = list));
    stream.on("error", () => undefined);
    void bodyOf(stream).then((body) => {
      heard.set(number, { headers: grouped(raw), body, trailers: grouped(trailers) });
      const head = [":status", "200", ...answer.headers];
      stream.respond(head as never, { waitForTrailers: true, sendDate: false } as never);
      sendByNode(stream, answer);
    });
  });
  const port = await listenOn(server as never);
  closing.push(() => server.close());
  await fc.assert(
    fc.asyncProperty(fc.array(exchange, { minLength: 1, maxLength: 5 }), cuts, async (all, parts) => {
      exchanges = all;
      heard.clear();
      const socket = connect({ port, host: "127.0.0.1" });
      const ready = Promise.withResolvers<void>();
      const session = join(
        socket,
        parts,
        (sink) => new ClientSession({ limits, clock, sink: { ...sink, onSettings: () => ready.resolve() } }),
      );
      session.start();
      await ready.promise;
      const asked = all.map(({ method, path, ask }, number) => {
        const head = { method, scheme: "http", path: `/${number}${path}`, authority: "a.test", headers: ask.headers };
        const one = new Listener(session.ask({ ...head, isLast: false }));
        sendByOurs(one, ask);
        return one;
      });
      await Promise.all(asked.map(({ whole }) => whole.promise));
      socket.destroy();
      for (const [number, { ask, answer }] of all.entries()) {
        assert.deepEqual(asked[number]?.said(), told(answer));
        assert.deepEqual(heard.get(String(number)), told(ask));
      }
    }),
    { numRuns: 150 },
  );
});
