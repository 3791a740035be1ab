import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { ask, complete, connect, sample, start, until } from "./test-client.ts";

test("answers a unary call with initial metadata, one message and trailers, on the port that speaks HTTP too", async () => {
  await using server = await start();
  using client = connect(server.port);
  const outcome = await client.generate({ maxTokens: 3 });
  assert.equal(outcome.status.code, status.OK);
  assert.deepEqual(outcome.messages, [
    {
      model: "llama-3-8b",
      text: "Served by site-a/stable/1",
      finishReason: "length",
      promptTokens: 2,
      completionTokens: 3,
    },
  ]);
  assert.deepEqual(outcome.initial?.get("x-served-by"), ["site-a/stable/1"]);
  assert.deepEqual(outcome.status.metadata.get("x-generated-tokens"), ["3"]);
  assert.equal((await ask(`${server.url}/health`)).status, 200);
});

test("streams a message for each token and ends with trailers", async () => {
  await using server = await start();
  using client = connect(server.port);
  const outcome = await client.generateStream({ maxTokens: 3 });
  assert.equal(outcome.status.code, status.OK);
  assert.deepEqual(outcome.messages, [
    { index: 0, text: "Served", finishReason: "" },
    { index: 1, text: " by", finishReason: "" },
    { index: 2, text: " site-a/stable/1", finishReason: "length" },
  ]);
  assert.deepEqual(outcome.initial?.get("x-served-by"), ["site-a/stable/1"]);
  assert.deepEqual(outcome.status.metadata.get("x-generated-tokens"), ["3"]);
});

test("speaks the health protocol for itself and for its service", async () => {
  await using server = await start();
  using client = connect(server.port);
  for (const service of ["", "sluice.lab.v1.Generator"]) {
    const { messages, initial } = await client.health(service);
    assert.deepEqual(messages, [{ status: "SERVING" }]);
    assert.deepEqual(initial?.get("x-served-by"), ["site-a/stable/1"]);
  }
  assert.equal((await client.health("someone.Else")).status.code, status.NOT_FOUND);
});

test("refuses an unknown model and an endless answer, and says who refused", async () => {
  await using server = await start();
  using client = connect(server.port);
  for (const call of [client.generate, client.generateStream]) {
    const unknown = await call({ model: "gpt-9" });
    assert.equal(unknown.status.code, status.NOT_FOUND);
    assert.deepEqual(unknown.status.metadata.get("x-served-by"), ["site-a/stable/1"]);
    assert.equal((await call({ maxTokens: 8193 })).status.code, status.INVALID_ARGUMENT);
  }
});

test("serves the same on a second port when one is given", async () => {
  await using server = await start({ grpcPort: 0 });
  assert.ok(server.grpcPort !== undefined && server.grpcPort !== server.port);
  using client = connect(server.grpcPort);
  assert.equal((await client.generate({})).status.code, status.OK);
});

test("fails, then holds, then breaks streams, as the faults say", async () => {
  await using server = await start();
  using client = connect(server.port);
  await server.setFaults({ status: { code: 500, rate: 1 } });
  for (const outcome of [await client.generate({}), await client.generateStream({}), await client.health("")]) {
    assert.equal(outcome.status.code, status.UNAVAILABLE);
    assert.deepEqual(outcome.status.metadata.get("x-served-by"), ["site-a/stable/1"]);
    assert.equal(outcome.initial, undefined, "trailers only: there was nothing before the status");
  }

  await server.setFaults({ latencyMs: 60 });
  const startedMs = performance.now();
  assert.equal((await client.health("")).status.code, status.OK);
  assert.ok(performance.now() - startedMs >= 59);

  await server.setFaults({ streamError: { afterChunks: 2 } });
  const broken = await client.generateStream({ maxTokens: 9 });
  assert.equal(broken.status.code, status.UNAVAILABLE);
  assert.equal(broken.messages.length, 2);
  assert.deepEqual(broken.initial?.get("x-served-by"), ["site-a/stable/1"]);
  assert.equal((await client.generate({})).status.code, status.OK);

  await server.setFaults({ missingModel: true });
  assert.equal((await client.generate({})).status.code, status.NOT_FOUND);
  assert.equal((await client.health("")).status.code, status.OK);
});

test("hangs until it is healed, and the deadline of a caller ends a call before", async () => {
  await using server = await start();
  using client = connect(server.port);
  await server.setFaults({ hang: true });
  assert.equal((await client.generate({}, 100)).status.code, status.DEADLINE_EXCEEDED);
  await until(async () => (await sample(server, "vllm:num_requests_waiting")) === 0);
  const held = client.generate({});
  await until(async () => (await sample(server, "vllm:num_requests_waiting")) === 1);
  await server.setFaults({});
  assert.equal((await held).status.code, status.OK);
});

test("a scope keeps faults to the methods it names", async () => {
  await using server = await start();
  using client = connect(server.port);
  await server.setFaults({ status: { code: 503, rate: 1 }, scope: ["/sluice.lab.v1.Generator/GenerateStream"] });
  assert.equal((await client.generateStream({})).status.code, status.UNAVAILABLE);
  assert.equal((await client.generate({})).status.code, status.OK);
  assert.equal((await complete(server)).status, 200);
});

test("alternates over gRPC and HTTP on one counter for each caller", async () => {
  await using server = await start();
  using client = connect(server.port);
  await server.setFaults({ alternate: true });
  const codes = [];
  for (let look = 0; look < 4; look += 1) codes.push((await client.health("")).status.code);
  assert.deepEqual(codes, [status.OK, status.UNAVAILABLE, status.OK, status.UNAVAILABLE]);
});
