import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { host, startPlane } from "../test-plane.ts";
import { type RawBackend, rawBackend, rawClient, timesIn } from "../test-raw.ts";

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`;
const ok = (body: string, more = ""): string =>
  `HTTP/1.1 200 OK\r\n${more}content-length: ${body.length}\r\n\r\n${body}`;
const headed = (said: string): boolean => said.includes("\r\n\r\n");

/** A backend that gives the same answer to each request, and then, if so, closes. */
const answering = (t: TestContext, text: string, isLast = false): Promise<RawBackend> =>
  rawBackend(t, (said, socket) => {
    if (!headed(said)) return undefined;
    if (!isLast) return text;
    socket.end(text, "latin1");
    return undefined;
  });

async function ask(t: TestContext, port: number, path = "/x"): Promise<string> {
  const client = await rawClient(t, port);
  client.say(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  return client.ended();
}

for (const [what, text] of [
  ["no HTTP", "SSH-2.0-OpenSSH\r\n\r\n"],
  ["a length and an encoding", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\naa"],
  ["a bare LF", "HTTP/1.1 200 OK\nx: y\r\ncontent-length: 0\r\n\r\n"],
  ["a folded line", "HTTP/1.1 200 OK\r\nx: y\r\n z\r\ncontent-length: 0\r\n\r\n"],
  ["a protocol that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"],
  ["headers without end", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(70_000)}`],
  ["words in between without end", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(20)],
] as const) {
  test(`an answer with ${what} is none: 502`, async (t) => {
    const backend = await answering(t, text);
    const plane = await startPlane(t, { ports: [backend.port] });
    assert.match(await ask(t, plane.port), /^HTTP\/1\.1 502 [^]*x-sluice-reason: pool-reset/);
    assert.deepEqual(plane.records[0]?.outcome, undefined);
  });
}

test("a connection is used again, for one request at a time", async (t) => {
  const backend = await answering(t, ok("well"));
  const plane = await startPlane(t, { ports: [backend.port] });
  const client = await rawClient(t, plane.port);
  for (let turn = 1; turn <= 5; turn += 1) {
    client.say(get("/x"));
    await client.heard((heard) => timesIn(heard, "well") === turn);
  }
  assert.equal(backend.sockets.length, 1);
});

test("words before the answer are left out", async (t) => {
  const backend = await answering(t, `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${ok("well")}`);
  const plane = await startPlane(t, { ports: [backend.port] });
  const text = await ask(t, plane.port);
  assert.match(text, /^HTTP\/1\.1 200 OK[^]*\r\n\r\nwell$/);
  assert.equal(timesIn(text, "link"), 0);
});

test("what comes behind an answer is nobody's, and its connection isn't used again", async (t) => {
  const backend = await answering(t, `${ok("well")}${ok("evil")}`);
  const plane = await startPlane(t, { ports: [backend.port] });
  const client = await rawClient(t, plane.port);
  for (let turn = 1; turn <= 3; turn += 1) {
    client.say(get("/x"));
    await client.heard((heard) => timesIn(heard, "well") === turn);
  }
  assert.equal(timesIn(await client.heard(() => true), "evil"), 0);
  assert.equal(backend.sockets.length, 3);
});

test("so is what comes when nobody has asked", async (t) => {
  const backend = await answering(t, ok("well"));
  const plane = await startPlane(t, { ports: [backend.port] });
  await ask(t, plane.port);
  const [socket] = backend.sockets;
  socket?.write(ok("evil"));
  if (socket && !socket.destroyed) await once(socket, "close");
  assert.match(await ask(t, plane.port), /well$/);
  assert.equal(backend.sockets.length, 2);
});

for (const [what, more] of [
  ["says that it closes", "connection: close\r\n"],
  ["keeps connections for too short a time", "keep-alive: timeout=1\r\n"],
] as const) {
  test(`an endpoint that ${what} gets the next request on another connection`, async (t) => {
    const backend = await answering(t, ok("well", more));
    const plane = await startPlane(t, { ports: [backend.port] });
    await ask(t, plane.port);
    await ask(t, plane.port);
    assert.equal(backend.sockets.length, 2);
  });
}

test("a body until the end of the connection is passed on whole", async (t) => {
  const backend = await answering(t, "HTTP/1.1 200 OK\r\n\r\nuntil the end", true);
  const plane = await startPlane(t, { ports: [backend.port] });
  const text = await ask(t, plane.port);
  assert.match(text, /transfer-encoding: chunked[^]*d\r\nuntil the end\r\n0\r\n\r\n$/);
  assert.deepEqual(plane.records[0]?.outcome, { kind: "success" });
});

test("trailers come through", async (t) => {
  const body = "transfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n4\r\nwell\r\n0\r\nX-Sum: 1\r\n\r\n";
  const backend = await answering(t, `HTTP/1.1 200 OK\r\n${body}`);
  const plane = await startPlane(t, { ports: [backend.port] });
  assert.match(await ask(t, plane.port), /4\r\nwell\r\n0\r\nx-sum: 1\r\n\r\n$/);
});

test("a body that is shorter than its length is not passed off as whole", async (t) => {
  const backend = await answering(t, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", true);
  const plane = await startPlane(t, { ports: [backend.port] });
  const text = await ask(t, plane.port);
  assert.match(text, /content-length: 10[^]*half$/);
  await plane.ended(1);
  assert.deepEqual(plane.records[0]?.outcome, { kind: "failure", because: "reset" });
});

test("an endpoint that closed its connection while nobody used it costs no request", async (t) => {
  const backend = await answering(t, ok("well"));
  const plane = await startPlane(t, { ports: [backend.port] });
  await ask(t, plane.port);
  backend.sockets[0]?.end();
  if (backend.sockets[0] && !backend.sockets[0].destroyed) await once(backend.sockets[0], "close");
  const client = await rawClient(t, plane.port);
  client.say(`POST /x HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 1\r\n\r\na`);
  await client.heard((heard) => heard.endsWith("well"));
});

test("a body without a length goes in chunks, one that came whole with its length, and none is said where one is expected", async (t) => {
  const backend = await answering(t, ok("well"));
  const plane = await startPlane(t, { ports: [backend.port] });
  const client = await rawClient(t, plane.port);
  const post = `POST /x HTTP/1.1\r\nhost: ${host}\r\n`;
  client.say(`${post}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`);
  await client.heard((heard) => timesIn(heard, "well") === 1);
  assert.match(backend.heard(), /content-length: 3\r\n\r\nabc$/);
  client.say(`${post}\r\n`);
  await client.heard((heard) => timesIn(heard, "well") === 2);
  assert.match(backend.heard(), /content-length: 0\r\n\r\n$/);
  client.say(`${post}transfer-encoding: chunked\r\n\r\n3\r\n`);
  await new Promise((done) => setImmediate(done));
  client.say("def\r\n0\r\n\r\n");
  await client.heard((heard) => timesIn(heard, "well") === 3);
  assert.match(
    backend.heard(),
    /(?:transfer-encoding: chunked\r\n\r\n3\r\ndef\r\n0\r\n\r\n|content-length: 3\r\n\r\ndef)$/,
  );
});
