import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent } from "node:http";
import { createServer, connect as dial } from "node:net";
import { test } from "node:test";
import { ask, complete, events, put, sample, start, until } from "./test-client.ts";

test("status: a share of requests fails, and the same ones when it is set again", async () => {
  await using server = await start({ seed: 7 });
  const run = async (): Promise<readonly number[]> => {
    await server.setFaults({ status: { code: 502, rate: 0.5 } });
    const codes = [];
    for (let look = 0; look < 24; look += 1) codes.push((await ask(`${server.url}/health`)).status);
    return codes;
  };
  const first = await run();
  assert.deepEqual(new Set(first), new Set([200, 502]));
  assert.deepEqual(await run(), first);
  await server.setFaults({ status: { code: 429, rate: 1 } });
  const answer = await complete(server);
  assert.equal(answer.status, 429);
  assert.equal(answer.headers["x-served-by"], "site-a/stable/1");
});

test("latencyMs: each answer waits", async () => {
  await using server = await start();
  await server.setFaults({ latencyMs: 80 });
  const startedMs = performance.now();
  assert.equal((await ask(`${server.url}/v1/models`)).status, 200);
  assert.ok(performance.now() - startedMs >= 79);
});

test("hang: nothing is answered until it is healed; metrics and the admin door stay", async () => {
  await using server = await start();
  assert.equal((await put(server.adminUrl, { hang: true })).status, 200);
  let answers = 0;
  const held = [complete(server), complete(server, { stream: true })].map(async (asked) => {
    const answer = await asked;
    answers += 1;
    return answer.status;
  });
  await until(async () => (await sample(server, "vllm:num_requests_waiting")) === 2);
  assert.equal(answers, 0);
  assert.deepEqual(JSON.parse((await ask(`${server.adminUrl}/faults`)).text), { hang: true });
  await ask(`${server.adminUrl}/faults`, { method: "DELETE" });
  assert.deepEqual(await Promise.all(held), [200, 200]);
});

test("hang: a caller that gives up is forgotten", async () => {
  await using server = await start();
  await server.setFaults({ hang: true });
  const leaving = new AbortController();
  const held = complete(server, {}, { signal: leaving.signal });
  await until(async () => (await sample(server, "vllm:num_requests_waiting")) === 1);
  leaving.abort();
  await assert.rejects(held);
  await until(async () => (await sample(server, "vllm:num_requests_waiting")) === 0);
});

test("refuse: connections are reset and refused, the admin door stays, and healing opens the same port", async () => {
  await using server = await start({ grpcPort: 0 });
  const standing = dial(server.port, "127.0.1.1");
  standing.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
  await once(standing, "data");
  const reset = once(standing, "error");
  assert.equal((await put(server.adminUrl, { refuse: true })).status, 200);
  const [error] = (await reset) as [NodeJS.ErrnoException];
  assert.equal(error.code, "ECONNRESET");
  await assert.rejects(ask(`${server.url}/health`), { code: "ECONNREFUSED" });
  await assert.rejects(ask(`http://127.0.1.1:${server.grpcPort}/health`), { code: "ECONNREFUSED" });
  assert.equal((await ask(`${server.adminUrl}/faults`, { method: "DELETE" })).status, 200);
  assert.equal((await ask(`${server.url}/health`)).status, 200);
});

test("refuse: asked for through the serving port itself, it is answered first", async () => {
  await using server = await start();
  const answer = await put(`${server.url}/admin`, { refuse: true });
  assert.deepEqual([answer.status, answer.headers.connection], [200, "close"]);
  await assert.rejects(ask(`${server.url}/health`), { code: "ECONNREFUSED" });
});

test("refuse and heal in quick succession leave the door as the last word said", async () => {
  await using server = await start();
  const words = [{ refuse: true }, {}, { refuse: true }, {}];
  await Promise.all(words.map((faults) => server.setFaults(faults)));
  assert.equal((await ask(`${server.url}/health`)).status, 200);
});

test("refuse: when somebody took the port meanwhile, healing says so and can be tried again", async () => {
  await using server = await start();
  await put(server.adminUrl, { refuse: true });
  const thief = createServer().listen(server.port, "127.0.1.1");
  await once(thief, "listening");
  const heal = () => ask(`${server.adminUrl}/faults`, { method: "DELETE" });
  const refused = await heal();
  assert.equal(refused.status, 500);
  assert.match(refused.text, /the serving port can't be opened again, try once more: .*EADDRINUSE/);
  thief.close();
  await once(thief, "close");
  assert.equal((await heal()).status, 200);
  assert.equal((await ask(`${server.url}/health`)).status, 200);
});

test("missingModel: nothing is listed and every use is a 404, while health stays well", async () => {
  await using server = await start();
  await server.setFaults({ missingModel: true });
  const { data } = JSON.parse((await ask(`${server.url}/v1/models`)).text) as { data: unknown[] };
  assert.deepEqual(data, []);
  assert.equal((await complete(server)).status, 404);
  assert.equal((await ask(`${server.url}/health`)).status, 200);
});

test("streamError: the stream breaks after the 200 with an error chunk, and ends as if all were well", async () => {
  await using server = await start();
  await server.setFaults({ streamError: { afterChunks: 2 } });
  const answer = await complete(server, { stream: true, max_tokens: 9 });
  assert.equal(answer.status, 200);
  const seen = events(answer.text);
  assert.equal(seen.length, 4);
  assert.deepEqual(seen.slice(2), [
    {
      error: {
        message: "the engine broke down while generating",
        type: "InternalServerError",
        param: null,
        code: 500,
      },
    },
    "[DONE]",
  ]);
  assert.equal((await complete(server)).status, 200, "an answer in one piece has no stream to break");
  const reason = 'vllm:request_success_total{engine="0",model_name="llama-3-8b",finished_reason="error"}';
  assert.equal(await sample(server, reason), 1);
});

test("alternate: every caller sees ok, fail, ok, fail on its own counter", async () => {
  await using server = await start();
  await server.setFaults({ alternate: true });
  const look = async (from: string): Promise<number> => (await ask(`${server.url}/health`, { from })).status;
  const seen = [];
  for (let turn = 0; turn < 4; turn += 1) seen.push([await look("127.0.2.1"), await look("127.0.2.2")]);
  assert.deepEqual(seen, [
    [200, 200],
    [503, 503],
    [200, 200],
    [503, 503],
  ]);
});

test("scope: faults keep to the prefixes they name", async () => {
  await using server = await start();
  await server.setFaults({ status: { code: 500, rate: 1 }, scope: ["/v1/"] });
  assert.equal((await ask(`${server.url}/v1/models`)).status, 500);
  assert.equal((await ask(`${server.url}/health`)).status, 200);
});

test("faults compose: late and failing", async () => {
  await using server = await start();
  await server.setFaults({ status: { code: 504, rate: 1 }, latencyMs: 50 });
  const startedMs = performance.now();
  assert.equal((await complete(server)).status, 504);
  assert.ok(performance.now() - startedMs >= 49);
});

test("a kept connection outlives faults that don't close it", async () => {
  await using server = await start();
  using agent = disposable(new Agent({ keepAlive: true, maxSockets: 1 }));
  const question = { agent: agent.value };
  await ask(`${server.url}/health`, question);
  await server.setFaults({ status: { code: 503, rate: 1 } });
  assert.equal((await complete(server, {}, question)).status, 503);
  await server.setFaults({});
  assert.equal((await complete(server, {}, question)).status, 200);
});

function disposable(value: Agent): { value: Agent; [Symbol.dispose](): void } {
  return { value, [Symbol.dispose]: () => value.destroy() };
}
