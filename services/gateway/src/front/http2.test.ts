import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createServer,
  type ServerHttp2Stream,
} from "node:http2";
import { type TestContext, test } from "node:test";
import { frame, frameTypes, getFrame, parseFrames, preface } from "../../../../test/conformance/clients/frames.ts";
import { host, listening, startPlane, type TestPlane } from "../test-plane.ts";
import { rawBackend, rawClient } from "../test-raw.ts";

const hello = Buffer.concat([preface, frame({ type: frameTypes.settings })]).toString("latin1");
const framesIn = (text: string) => parseFrames(Buffer.from(text, "latin1"));
const typesIn = (text: string): number[] => framesIn(text).map(({ type }) => type);
const head = { ":method": "POST", ":path": "/x", ":authority": host };

function openClient(t: TestContext, { port }: TestPlane): ClientHttp2Session {
  const client = connect(`http://127.0.0.1:${port}`);
  client.on("error", () => undefined);
  t.after(() => client.destroy());
  return client;
}

async function echoing(t: TestContext): Promise<number> {
  const server = createServer();
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.on("error", () => undefined);
    stream.respond({ ":status": 200 });
    stream.pipe(stream);
  });
  return listening(t, server);
}

/** Reads now and then only, and tells what it read by its hash. */
async function readSlowly(stream: ClientHttp2Stream): Promise<string> {
  const hash = createHash("sha256");
  let pieces = 0;
  stream.on("data", (piece: Buffer) => {
    hash.update(piece);
    pieces += 1;
    if (pieces % 16 !== 0) return;
    stream.pause();
    setImmediate(() => stream.resume());
  });
  await once(stream, "end");
  return hash.digest("hex");
}

test("bodies greater than every window pass both ways at once, byte for byte, on streams beside one another", async (t) => {
  const plane = await startPlane(t, { ports: [await echoing(t)], protocol: "h2c" });
  const client = openClient(t, plane);
  const bodies = Array.from({ length: 6 }, (_, index) =>
    Buffer.alloc(1_500_000 + index * 77_777, `${index}. part of it `),
  );
  const echoed = bodies.map((body) => {
    const stream = client.request(head);
    const read = readSlowly(stream);
    stream.end(body);
    return read;
  });
  const hashes = bodies.map((body) => createHash("sha256").update(body).digest("hex"));
  assert.deepEqual(await Promise.all(echoed), hashes);
});

test("a body that comes with its head, and one that comes behind, reach a pool of HTTP/1.1", async (t) => {
  const backend = await rawBackend(t, (said) =>
    /last$|0\r\n\r\n$/.test(said) ? "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwell" : undefined,
  );
  const plane = await startPlane(t, { ports: [backend.port] });
  const client = openClient(t, plane);
  const whole = client.request(head);
  whole.end("first last");
  await once(whole.resume(), "close");
  const behind = client.request(head);
  behind.write("first ");
  await until(() => backend.heard().includes("first \r\n"));
  behind.end("last");
  await once(behind.resume(), "close");
  assert.match(
    backend.heard(),
    /content-length: 10\r\n\r\nfirst lastPOST [^]*\r\n\r\n6\r\nfirst \r\n4\r\nlast\r\n0\r\n\r\n$/,
  );
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((done) => setTimeout(done, 5));
}

test("what trails in HTTP/1.1 trails in HTTP/2, but for what is between neighbours", async (t) => {
  const text = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nx-sum: 7\r\nkeep-alive: 5\r\n\r\n";
  const backend = await rawBackend(t, () => text);
  const plane = await startPlane(t, { ports: [backend.port] });
  const stream = openClient(t, plane).request({ ...head, ":method": "GET" });
  stream.resume();
  const [trailers] = (await once(stream, "trailers")) as [Record<string, string>];
  assert.deepEqual(Object.entries(trailers), [["x-sum", "7"]]);
});

test("an answer while the body is still coming is given whole, and no more is asked for", async (t) => {
  const backend = await rawBackend(t, () => "HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno");
  const plane = await startPlane(t, { ports: [backend.port] });
  const client = openClient(t, plane);
  const stream = client.request(head);
  stream.write("the beginning");
  const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
  stream.resume();
  await once(stream, "close");
  assert.deepEqual([headers[":status"], stream.rstCode], [413, 0]);
  assert.equal(client.closed, false);
});

test("an answer that breaks off can't be taken for whole", async (t) => {
  const backend = await rawBackend(t, (_, socket) => {
    socket.end("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nbeg", "latin1");
    return undefined;
  });
  const plane = await startPlane(t, { ports: [backend.port] });
  const stream = openClient(t, plane).request({ ...head, ":method": "GET" });
  stream.on("error", () => undefined).resume();
  await new Promise((done) => stream.once("close", done));
  assert.notEqual(stream.rstCode, 0);
});

test("a connection that nothing is asked on is bidden go, and closed", async (t) => {
  const plane = await startPlane(t, { ports: [await echoing(t)], limits: { keptMs: 60 } });
  const client = await rawClient(t, plane.port);
  client.say(hello);
  const isGoaway = ({ type }: { readonly type: number }): boolean => type === frameTypes.goaway;
  const text = await client.heard((heard) => framesIn(heard).some(isGoaway));
  // Once it has heard, it is told which was the last.
  const asked = framesIn(text).find(({ type }) => type === frameTypes.ping);
  client.say(frame({ type: frameTypes.ping, flags: 1, payload: asked?.payload ?? Buffer.alloc(8) }).toString("latin1"));
  const farewells = framesIn(await client.ended()).filter(isGoaway);
  assert.deepEqual(
    farewells.map(({ payload }) => payload.readUInt32BE(0)),
    [2 ** 31 - 1, 0],
  );
});

test("a head that takes too long ends the connection, and a request that is still ends alone", async (t) => {
  const backend = await rawBackend(t, () => undefined);
  const plane = await startPlane(t, { ports: [backend.port], limits: { headersMs: 60, idleMs: 150 } });
  const slow = await rawClient(t, plane.port);
  const begun = frame({ type: frameTypes.headers, stream: 1, payload: Buffer.from([0x82]) });
  slow.say(hello + begun.toString("latin1"));
  assert.ok(!typesIn(await slow.ended()).includes(frameTypes.headers));
  const client = await rawClient(t, plane.port);
  client.say(hello + getFrame(1, host).toString("latin1"));
  await client.heard((text) => typesIn(text).includes(frameTypes.rstStream));
  assert.equal(client.socket.destroyed, false);
  await plane.ended(1);
});

test("headers too long are answered 431", async (t) => {
  const plane = await startPlane(t, { ports: [await echoing(t)] });
  const client = openClient(t, plane);
  const stream = client.request({ ...head, "x-long": "y".repeat(20_000) });
  stream.end();
  const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
  assert.equal(headers[":status"], 431);
});

test("a client that vanishes leaves nothing under way", async (t) => {
  const backend = await rawBackend(t, () => undefined);
  const plane = await startPlane(t, { ports: [backend.port] });
  const client = openClient(t, plane);
  for (let count = 0; count < 5; count += 1)
    client
      .request(head)
      .on("error", () => undefined)
      .end("x");
  await until(() => plane.relay.underWay() === 5);
  client.destroy();
  await plane.ended(5);
  assert.equal(plane.relay.underWay(), 0);
});
