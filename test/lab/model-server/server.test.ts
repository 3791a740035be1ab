import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as dial } from "node:net";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { ask, complete, connect, events, model, sample, start, until } from "./test-client.ts";

test("close lets a stream finish, refuses what is new, and ends idle and silent connections", async () => {
  const server = await start({ tokenMs: 10 });
  const idle = dial(server.port, "127.0.1.1");
  idle.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
  await once(idle, "data");
  const silent = dial(server.port, "127.0.1.1");
  await once(silent, "connect");
  using client = connect(server.port);
  assert.equal((await client.health("")).status.code, status.OK);
  const { promise: begun, resolve } = Promise.withResolvers<string>();
  const stream = complete(server, { stream: true, max_tokens: 10 }, { onText: resolve });
  await begun;
  const closed = server.close(10_000);
  await assert.rejects(ask(`${server.url}/health`), { code: "ECONNREFUSED" });
  await Promise.all([idle, silent].map((socket) => socket.resume() && once(socket, "close")));
  assert.equal(events((await stream).text).at(-1), "[DONE]");
  await closed;
});

test("close lets a gRPC stream finish", async () => {
  const server = await start({ tokenMs: 10 });
  using client = connect(server.port);
  const stream = client.generateStream({ maxTokens: 20 });
  await until(async () => (await sample(server, "vllm:num_requests_running")) === 1);
  const closed = server.close(10_000);
  const outcome = await stream;
  assert.deepEqual([outcome.status.code, outcome.messages.length], [status.OK, 20]);
  await closed;
});

test("a health look that is under way when closing begins is a 503, and what was sent after it is answered", async () => {
  const server = await start();
  await server.setFaults({ hang: true });
  const body = JSON.stringify({ model, prompt: "x" });
  const socket = dial(server.port, "127.0.1.1").setEncoding("utf8");
  // Both in one go: when the second shows in the metrics, the first is under way too.
  socket.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
  socket.write(`POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  await until(async () => (await sample(server, "vllm:num_requests_waiting")) === 1);
  const closed = server.close(10_000);
  await server.setFaults({});
  let said = "";
  for await (const piece of socket) said += piece;
  assert.deepEqual(said.match(/HTTP\/1.1 \d+/g), ["HTTP/1.1 503", "HTTP/1.1 200"]);
  await closed;
});

test("close cuts what outlasts its grace", async () => {
  const server = await start();
  await server.setFaults({ hang: true });
  const held = complete(server);
  held.catch(() => undefined);
  await until(async () => (await sample(server, "vllm:num_requests_waiting")) === 1);
  await server.close(20);
  await assert.rejects(held, { code: "ECONNRESET" });
});

test("kill ends streams at once, and the port can be taken again", async () => {
  const server = await start({ tokenMs: 5 });
  using client = connect(server.port);
  const { promise: begun, resolve } = Promise.withResolvers<string>();
  const stream = complete(server, { stream: true, max_tokens: 8000 }, { onText: resolve });
  stream.catch(() => undefined);
  const call = client.generateStream({ maxTokens: 8000 });
  await begun;
  await until(async () => (await sample(server, "vllm:num_requests_running")) === 2);
  server.kill();
  await assert.rejects(stream, { code: "ECONNRESET" });
  assert.equal((await call).status.code, status.UNAVAILABLE);
  await assert.rejects(ask(`${server.url}/health`), { code: "ECONNREFUSED" });
  await assert.rejects(ask(`${server.adminUrl}/faults`), { code: "ECONNREFUSED" });
  await server.close();
  await using again = await start({ port: server.port });
  assert.equal(again.port, server.port);
  assert.equal((await ask(`${again.url}/health`)).status, 200);
});

test("a port that is taken is an error, and nothing stays open", async () => {
  await using first = await start();
  await assert.rejects(start({ port: first.port }), { code: "EADDRINUSE" });
});
