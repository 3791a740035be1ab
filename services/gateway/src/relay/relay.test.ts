import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type RequestListener } from "node:http";
import { connect as connectHttp2, createServer as createHttp2, type ServerHttp2Stream } from "node:http2";
import { buffer, text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { deadPort, host, listening, startPlane } from "../test-plane.ts";

const backend = (t: TestContext, answer: RequestListener): Promise<number> => listening(t, createServer(answer));

type Asking = { readonly method?: string; readonly body?: Buffer | string; readonly headers?: Record<string, string> };

function ask(port: number, { method = "GET", body, headers = {} }: Asking = {}): Promise<IncomingMessage> {
  return new Promise((settle, fail) => {
    const request = httpRequest(
      { host: "127.0.0.1", port, method, path: "/v1/x", headers: { host, ...headers } },
      settle,
    );
    request.on("error", fail).end(body);
  });
}

test("a large body goes through both ways, byte for byte", async (t) => {
  const port = await backend(t, (request, response) => void request.pipe(response));
  const plane = await startPlane(t, { ports: [port] });
  const body = randomBytes(5_000_000);
  const answer = await buffer(await ask(plane.port, { method: "POST", body }));
  const digest = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
  assert.equal(digest(answer), digest(body));
  await plane.ended(1);
  assert.equal(plane.records[0]?.requestBytes, body.length);
  assert.equal(plane.records[0]?.responseBytes, body.length);
});

test("each event of a stream arrives when it is sent, not when the stream ends", async (t) => {
  let send: (event: string) => void = () => assert.fail("nobody asked");
  const port = await backend(t, (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    send = (event) => void response.write(`data: ${event}\n\n`);
    response.flushHeaders();
  });
  const plane = await startPlane(t, { ports: [port] });
  const answer = await ask(plane.port);
  for (const event of ["one", "two", "three"]) {
    send(event);
    const [piece] = (await once(answer, "data")) as [Buffer];
    assert.equal(String(piece), `data: ${event}\n\n`);
  }
  answer.destroy();
});

test("a client that leaves is noticed by the pool", async (t) => {
  const left = Promise.withResolvers<void>();
  const port = await backend(t, (_, response) => {
    response.on("close", () => left.resolve());
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: 1\n\n");
  });
  const plane = await startPlane(t, { ports: [port] });
  const answer = await ask(plane.port);
  await once(answer, "data");
  answer.destroy();
  await left.promise;
  await plane.ended(1);
  assert.deepEqual(plane.records[0]?.outcome, { kind: "neither", because: "client-abort" });
});

test("what could not connect is tried once more elsewhere, with its body", async (t) => {
  let seen = 0;
  const port = await backend(t, (request, response) => {
    seen += 1;
    request.pipe(response);
  });
  const plane = await startPlane(t, { ports: [await deadPort(), port] });
  for (let turn = 0; turn < 20; turn += 1) {
    const answer = await ask(plane.port, { method: "POST", body: `turn ${turn}` });
    assert.equal(answer.statusCode, 200);
    assert.equal(await text(answer), `turn ${turn}`);
  }
  assert.equal(seen, 20);
});

test("a POST that was answered 500 isn't sent again", async (t) => {
  let seen = 0;
  const fail: RequestListener = (request, response) => {
    seen += 1;
    request.resume();
    response.writeHead(500).end("broken");
  };
  const plane = await startPlane(t, { ports: [await backend(t, fail), await backend(t, fail)] });
  const answer = await ask(plane.port, { method: "POST", body: "x" });
  assert.equal(answer.statusCode, 500);
  assert.equal(await text(answer), "broken");
  assert.equal(seen, 1);
});

test("an answer that breaks off can't be taken for whole", async (t) => {
  const port = await backend(t, (_, response) => {
    response.write("half of it");
    setImmediate(() => response.destroy());
  });
  const plane = await startPlane(t, { ports: [port] });
  const answer = await ask(plane.port);
  await assert.rejects(text(answer), /aborted/);
  await plane.ended(1);
  assert.deepEqual(plane.records[0]?.outcome, { kind: "failure", because: "reset" });
});

test("nobody to ask: 503 with a reason, at once", async (t) => {
  const plane = await startPlane(t, { ports: [await deadPort()] });
  const answer = await ask(plane.port);
  assert.equal(answer.statusCode, 503);
  assert.equal(answer.headers["x-sluice-reason"], "pool-unreachable");
  answer.resume();
});

test("an unknown host is no service of ours: 404, and 421 over HTTP/2", async (t) => {
  const plane = await startPlane(t, { ports: [await deadPort()] });
  const answer = await ask(plane.port, { headers: { host: "other.test" } });
  assert.equal(answer.statusCode, 404);
  assert.equal(answer.headers["x-sluice-reason"], "unknown-host");
  answer.resume();
  const client = connectHttp2(`http://127.0.0.1:${plane.port}`);
  t.after(() => client.destroy());
  const stream = client.request({ ":path": "/", ":authority": "other.test" });
  const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
  assert.equal(headers[":status"], 421);
  client.close();
});

/** A gRPC server in the raw, so that each frame is what the test says. */
const grpcBackend = (t: TestContext, answer: (stream: ServerHttp2Stream) => void): Promise<number> => {
  const server = createHttp2();
  server.on("stream", (stream) => {
    stream.on("error", () => undefined);
    answer(stream as ServerHttp2Stream);
  });
  return listening(t, server);
};

const grpcHead = { ":method": "POST", ":path": "/pkg.Service/Call", ":authority": host, te: "trailers" };
const grpc = { ...grpcHead, "content-type": "application/grpc" };

test("gRPC: messages both ways while both are open, and trailers as they were", async (t) => {
  const port = await grpcBackend(t, (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () =>
      stream.sendTrailers({
        "grpc-status": "13",
        "grpc-message": "n%C3%B6",
        "grpc-status-details-bin": "CAES",
        "x-own": "1",
      }),
    );
    stream.pipe(stream);
  });
  const plane = await startPlane(t, { ports: [port] });
  const client = connectHttp2(`http://127.0.0.1:${plane.port}`);
  t.after(() => client.destroy());
  const stream = client.request(grpc);
  const trailers = once(stream, "trailers");
  for (const message of ["first", "second"]) {
    stream.write(message);
    const [piece] = (await once(stream, "data")) as [Buffer];
    assert.equal(String(piece), message);
  }
  stream.end();
  stream.resume();
  const [got] = (await trailers) as [Record<string, string>];
  assert.equal(got["grpc-status"], "13");
  assert.equal(got["grpc-message"], "n%C3%B6");
  assert.equal(got["grpc-status-details-bin"], "CAES");
  assert.equal(got["x-own"], "1");
  await plane.ended(1);
  assert.deepEqual(plane.records[0]?.outcome, { kind: "failure", because: "grpc-status" });
});

test("gRPC: an answer of trailers only stays one", async (t) => {
  const port = await grpcBackend(t, (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": "5" }, { endStream: true });
  });
  const plane = await startPlane(t, { ports: [port] });
  const client = connectHttp2(`http://127.0.0.1:${plane.port}`);
  t.after(() => client.destroy());
  const stream = client.request(grpc);
  stream.end();
  const [headers, flags] = (await once(stream, "response")) as [Record<string, unknown>, number];
  assert.equal(headers["grpc-status"], "5");
  assert.equal(flags & 1, 1, "END_STREAM on the headers");
  await plane.ended(1);
  assert.deepEqual(plane.records[0]?.outcome, { kind: "neither", because: "client-error" });
});

test("gRPC: a client's cancel reaches the pool", async (t) => {
  const cancelled = Promise.withResolvers<number>();
  const port = await grpcBackend(t, (stream) => {
    stream.on("close", () => cancelled.resolve(stream.rstCode));
    stream.respond({ ":status": 200, "content-type": "application/grpc" });
    stream.write("one");
  });
  const plane = await startPlane(t, { ports: [port] });
  const client = connectHttp2(`http://127.0.0.1:${plane.port}`);
  t.after(() => client.destroy());
  const stream = client.request(grpc);
  stream.on("error", () => undefined);
  await once(stream, "data");
  stream.close(8);
  assert.equal(await cancelled.promise, 8);
});

test("gRPC: a stream that the pool refuses is tried elsewhere", async (t) => {
  const refusing = await grpcBackend(t, (stream) => stream.close(7));
  const port = await grpcBackend(t, (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": "0" }, { endStream: true });
  });
  const plane = await startPlane(t, { ports: [refusing, port] });
  const client = connectHttp2(`http://127.0.0.1:${plane.port}`);
  t.after(() => client.destroy());
  for (let turn = 0; turn < 8; turn += 1) {
    const stream = client.request(grpc);
    stream.end("message");
    const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
    assert.equal(headers["grpc-status"], "0");
    stream.resume();
    await once(stream, "close");
  }
  plane.pools.local.judge();
  assert.match(plane.pools.local.traffic()[0]?.because ?? "", /^0 of 8 requests failed/);
});
