import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { frame, frameTypes, parseFrames, preface } from "../../../../test/conformance/clients/frames.ts";
import type { HeaderList } from "../relay/inbound.ts";
import type { Sent, Upstream, UpstreamEvents, UpstreamFailure, UpstreamRequest } from "../relay/upstream.ts";
import { deadPort, listening } from "../test-plane.ts";
import { rawBackend } from "../test-raw.ts";
import { headers, open, reset } from "../wire/http2/test-session.ts";
import { makeHttp2Upstream } from "./http2.ts";
import { type BackLimits, backLimits } from "./limits.ts";

const request: UpstreamRequest = {
  method: "GET",
  path: "/x",
  authority: "a.test",
  headers: [],
  body: undefined,
};

type Outcome = { status: number; form: string; body: string; trailers: HeaderList; failure?: UpstreamFailure };

function start(upstream: Upstream, more: Partial<UpstreamRequest> = {}) {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const outcome: Outcome = { status: 0, form: "", body: "", trailers: [] };
  const begun = Promise.withResolvers<void>();
  const events: UpstreamEvents = {
    onHead(status, _headers, form) {
      Object.assign(outcome, { status, form });
      begun.resolve();
    },
    onData: (chunk) => void (outcome.body += chunk.toString("latin1")),
    onRest: () => undefined,
    onEnd: (trailers) => resolve({ ...outcome, trailers }),
    onFailure: (failure) => resolve({ ...outcome, failure }),
  };
  const sent: Sent = upstream.send({ ...request, ...more }, events);
  return { sent, ended: promise, begun: begun.promise };
}

const upstreamTo = (t: TestContext, port: number, limits: Partial<BackLimits> = {}): Upstream => {
  const upstream = makeHttp2Upstream(`127.0.0.1:${port}`, { ...backLimits, ...limits });
  t.after(() => upstream.destroy());
  return upstream;
};

type Backend = { readonly port: number; readonly sessions: ServerHttp2Session[] };

async function backendOf(
  t: TestContext,
  streams: number,
  answer: (stream: ServerHttp2Stream) => void,
): Promise<Backend> {
  const server = createServer({ settings: { maxConcurrentStreams: streams } });
  const sessions: ServerHttp2Session[] = [];
  server.on("session", (session) => sessions.push(session));
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.on("error", () => undefined);
    answer(stream);
  });
  return { port: await listening(t, server), sessions };
}

/** A server by hand: it greets, and answers the first request with those frames. */
const byHand = (t: TestContext, ...frames: readonly Buffer[]) =>
  rawBackend(t, (said, socket) => {
    if (said.startsWith(preface.toString("latin1"))) return frame({ type: frameTypes.settings }).toString("latin1");
    if (!parseFrames(Buffer.from(said, "latin1")).some(({ type }) => type === frameTypes.headers)) return undefined;
    socket.write(Buffer.concat(frames));
    return "";
  });

test("more requests at once than the endpoint takes wait their turn, on as many connections as are allowed", async (t) => {
  let [now, most] = [0, 0];
  const backend = await backendOf(t, 3, (stream) => {
    now += 1;
    most = Math.max(most, now);
    setTimeout(() => {
      now -= 1;
      stream.respond({ ":status": 200 });
      stream.end("well");
    }, 2);
  });
  const upstream = upstreamTo(t, backend.port, { sessions: 2 });
  const outcomes = await Promise.all(Array.from({ length: 60 }, () => start(upstream).ended));
  assert.ok(outcomes.every(({ status, body }) => status === 200 && body === "well"));
  assert.deepEqual([backend.sessions.length, most <= 6], [2, true]);
});

test("one that was given up while it waited is never begun", async (t) => {
  const held: ServerHttp2Stream[] = [];
  const backend = await backendOf(t, 1, (stream) => void held.push(stream));
  const upstream = upstreamTo(t, backend.port, { sessions: 1 });
  const first = start(upstream);
  while (held.length === 0) await new Promise((done) => setTimeout(done, 5));
  const second = start(upstream, { path: "/never" });
  const third = start(upstream);
  second.sent.abort();
  const next = once(backend.sessions[0] as ServerHttp2Session, "stream") as Promise<
    [ServerHttp2Stream, { ":path": string }]
  >;
  held[0]?.respond({ ":status": 204 }, { endStream: true });
  assert.equal((await first.ended).form, "empty");
  const [stream, asked] = await next;
  stream.respond({ ":status": 200 }, { endStream: true });
  assert.deepEqual([(await third.ended).status, asked[":path"]], [200, "/x"]);
});

test("nobody there, somebody who says nothing, and somebody who speaks HTTP/1.1: no connection", async (t) => {
  const silent = await rawBackend(t, () => undefined);
  const old = await rawBackend(t, () => "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
  for (const port of [await deadPort(), silent.port, old.port]) {
    const { failure } = await start(upstreamTo(t, port, { connectMs: 60 })).ended;
    assert.equal(failure?.kind, "connect");
  }
});

test("an endpoint that leaves: what it has begun on goes on, the rest is refused, and the next goes elsewhere", async (t) => {
  const held: ServerHttp2Stream[] = [];
  const backend = await backendOf(t, 100, (stream) => void held.push(stream));
  const upstream = upstreamTo(t, backend.port);
  const first = start(upstream);
  while (held.length === 0) await new Promise((done) => setTimeout(done, 5));
  backend.sessions[0]?.goaway(0, held[0]?.id ?? 0);
  // What comes behind the farewell tells that it has come.
  held[0]?.respond({ ":status": 200 });
  await first.begun;
  const second = start(upstream);
  while (held.length === 1) await new Promise((done) => setTimeout(done, 5));
  assert.equal(backend.sessions.length, 2);
  held[0]?.end();
  held[1]?.respond({ ":status": 200 }, { endStream: true });
  assert.deepEqual([(await first.ended).status, (await second.ended).status], [200, 200]);
  const late = Buffer.alloc(8);
  const unseen = await byHand(t, frame({ type: frameTypes.goaway, payload: late }));
  assert.equal((await start(upstreamTo(t, unseen.port)).ended).failure?.kind, "refused");
});

for (const [what, frames, failure] of [
  ["refuses", [reset(1, 7)], { kind: "refused" }],
  ["breaks off", [reset(1, 2)], { kind: "reset", code: 2 }],
  ["breaks off in the midst", [headers(1, [":status", "200"], open), reset(1, 8)], { kind: "reset", code: 8 }],
  ["ends without an end", [headers(1, [":status", "200"], open), reset(1, 0)], { kind: "reset", code: 0 }],
  ["makes no sense", [headers(1, ["x", "y"])], { kind: "reset" }],
  ["makes no sense at all", [frame({ type: 5, stream: 1 })], { kind: "reset" }],
] as const)
  test(`an endpoint that ${what} is told apart`, async (t) => {
    const backend = await byHand(t, ...frames);
    const ended = await start(upstreamTo(t, backend.port)).ended;
    const { detail: _, ...rest } = ended.failure ?? { detail: "" };
    assert.deepEqual(rest, failure);
  });

test("a connection that is lost fails what was on it, and the next request opens another", async (t) => {
  let turn = 0;
  const backend = await backendOf(t, 100, (stream) => {
    turn += 1;
    if (turn === 1) return stream.session?.destroy();
    stream.respond({ ":status": 200 }, { endStream: true });
  });
  const upstream = upstreamTo(t, backend.port);
  assert.equal((await start(upstream).ended).failure?.kind, "reset");
  assert.equal((await start(upstream).ended).status, 200);
});

test("an endpoint that says nothing for too long is given up, and told so", async (t) => {
  const told = Promise.withResolvers<number>();
  const backend = await backendOf(t, 100, (stream) => {
    stream.on("close", () => told.resolve(stream.rstCode));
  });
  const { failure } = await start(upstreamTo(t, backend.port, { idleMs: 60 })).ended;
  assert.deepEqual([failure?.kind, await told.promise], ["timeout", 8]);
});

test("an answer that is whole before the request is ends it, and the rest of that isn't sent", async (t) => {
  const told = Promise.withResolvers<void>();
  const backend = await backendOf(t, 100, (stream) => {
    stream.on("close", () => told.resolve());
    stream.respond({ ":status": 413 }, { endStream: true });
  });
  const body = new Readable({ read: () => undefined });
  body.push("the beginning");
  const { status, failure } = await start(upstreamTo(t, backend.port), { method: "POST", body }).ended;
  assert.deepEqual([status, failure], [413, undefined]);
  await told.promise;
});

test("one that is closed lets those under way end, and takes no more", async (t) => {
  const held: ServerHttp2Stream[] = [];
  const backend = await backendOf(t, 100, (stream) => {
    stream.respond({ ":status": 200 });
    held.push(stream);
  });
  const upstream = upstreamTo(t, backend.port);
  const under = start(upstream);
  await under.begun;
  const closed = upstream.close();
  assert.equal((await start(upstream).ended).failure?.kind, "connect");
  held[0]?.end("last");
  assert.equal((await under.ended).body, "last");
  await closed;
});
