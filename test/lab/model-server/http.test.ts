import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as dial } from "node:net";
import { test } from "node:test";
import { ask, complete, events, model, sample, start, until } from "./test-client.ts";

test("lists its model, is well, and says who served", async () => {
  await using server = await start();
  const models = await ask(`${server.url}/v1/models`);
  assert.equal(models.status, 200);
  assert.deepEqual(
    (JSON.parse(models.text) as { data: { id: string }[] }).data.map(({ id }) => id),
    [model],
  );
  const health = await ask(`${server.url}/health`);
  assert.deepEqual([health.status, health.text], [200, ""]);
  for (const { headers } of [models, health]) assert.equal(headers["x-served-by"], "site-a/stable/1");
});

test("answers a completion in one piece, as long as was asked", async () => {
  await using server = await start();
  const answer = await complete(server, { max_tokens: 3 });
  assert.equal(answer.status, 200);
  const body = JSON.parse(answer.text) as Record<string, unknown>;
  assert.equal(body["object"], "text_completion");
  assert.deepEqual(body["choices"], [
    { index: 0, text: "Served by site-a/stable/1", logprobs: null, finish_reason: "length" },
  ]);
  assert.deepEqual(body["usage"], { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 });
});

test("answers a chat in one piece and stops by itself when no length is asked", async () => {
  await using server = await start();
  const body = { model, messages: [{ role: "user", content: "good day to you" }] };
  const answer = await ask(`${server.url}/v1/chat/completions`, { body });
  const { object, choices, usage } = JSON.parse(answer.text) as {
    object: string;
    choices: { message: { role: string }; finish_reason: string }[];
    usage: object;
  };
  assert.equal(object, "chat.completion");
  assert.equal(choices[0]?.message.role, "assistant");
  assert.equal(choices[0]?.finish_reason, "stop");
  assert.deepEqual(usage, { prompt_tokens: 4, completion_tokens: 16, total_tokens: 20 });
});

test("streams a chat: role, a chunk for each token, reason, usage, the closing word", async () => {
  await using server = await start();
  const body = { model, stream: true, max_completion_tokens: 2, messages: [{ role: "user", content: "hi" }] };
  const answer = await ask(`${server.url}/v1/chat/completions`, { body });
  assert.match(answer.headers["content-type"] ?? "", /^text\/event-stream/);
  assert.equal(answer.headers["content-length"], undefined);
  const seen = events(answer.text).map((event) =>
    event === "[DONE]" ? event : [(event["choices"] as { delta: object }[])[0]?.delta, event["usage"]],
  );
  assert.deepEqual(seen, [
    [{ role: "assistant", content: "" }, undefined],
    [{ content: "Served" }, undefined],
    [{ content: " by" }, undefined],
    [{}, undefined],
    [undefined, { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }],
    "[DONE]",
  ]);
});

test("streams a completion token by token, not all at the end", async () => {
  await using server = await start({ tokenMs: 20 });
  let arrivals = 0;
  const question = {
    onText: () => {
      arrivals += 1;
    },
  };
  const body = { stream: true, max_tokens: 5, stream_options: { include_usage: false } };
  const answer = await complete(server, body, question);
  assert.equal(events(answer.text).length, 5 + 1 + 1, "five tokens, the reason, the closing word, and no usage");
  assert.ok(arrivals >= 3, `came in ${arrivals} pieces`);
});

test("an upload beyond the limit is answered, not cut", async () => {
  await using server = await start();
  const answer = await complete(server, { prompt: "x".repeat(5_000_000) });
  assert.equal(answer.status, 413);
  assert.equal((await complete(server)).status, 200);
});

test("refuses what it can't serve in OpenAI's words", async () => {
  await using server = await start();
  const unknown = await complete(server, { model: "gpt-9" });
  assert.equal(unknown.status, 404);
  assert.deepEqual(JSON.parse(unknown.text), {
    error: { message: "The model `gpt-9` does not exist.", type: "NotFoundError", param: "model", code: 404 },
  });
  const table: readonly (readonly [string, unknown, number, string | null])[] = [
    ["/v1/completions", "{", 400, null],
    ["/v1/completions", { prompt: "x" }, 400, "model"],
    ["/v1/completions", { model }, 400, "prompt"],
    ["/v1/completions", { model, prompt: "x", max_tokens: 0 }, 400, "max_tokens"],
    ["/v1/completions", { model, prompt: "x", max_tokens: 8193 }, 400, "max_tokens"],
    ["/v1/completions", { model, prompt: "x", stream: "yes" }, 400, "stream"],
    ["/v1/chat/completions", { model, messages: [] }, 400, "messages"],
    ["/v1/nothing", {}, 404, null],
    ["/v1/models", {}, 405, null],
  ];
  for (const [path, body, status, param] of table) {
    const answer = await ask(`${server.url}${path}`, { body });
    assert.equal(answer.status, status, path);
    assert.equal((JSON.parse(answer.text) as { error: { param: unknown } }).error.param, param);
    assert.equal(answer.headers["x-served-by"], "site-a/stable/1");
  }
});

test("marks even the answer to what is no HTTP at all", async () => {
  await using server = await start();
  const socket = dial(server.port, "127.0.1.1");
  socket.end("not http\r\n\r\n");
  const [answer] = (await once(socket, "data")) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1.1 400 Bad Request\r\nx-served-by: site-a\/stable\/1\r\n/);
});

test("counts in vLLM's metrics, and an abort when the caller leaves", async () => {
  await using server = await start({ tokenMs: 1 });
  await complete(server, { max_tokens: 3 });
  await complete(server, { stream: true });
  const leaving = new AbortController();
  const left = complete(
    server,
    { stream: true, max_tokens: 8000 },
    { signal: leaving.signal, onText: () => leaving.abort() },
  );
  await assert.rejects(left);
  const finished = (reason: string): string =>
    `vllm:request_success_total{engine="0",model_name="${model}",finished_reason="${reason}"}`;
  await until(async () => (await sample(server, finished("abort"))) === 1);
  assert.equal(await sample(server, finished("length")), 1);
  assert.equal(await sample(server, finished("stop")), 1);
  assert.equal(await sample(server, "vllm:prompt_tokens_total"), 9);
  assert.ok((await sample(server, "vllm:generation_tokens_total")) >= 3 + 16 + 1);
  assert.equal(await sample(server, "vllm:num_requests_running"), 0);
  assert.equal(await sample(server, "vllm:time_to_first_token_seconds_count"), 3);
  assert.equal(
    await sample(server, `vllm:e2e_request_latency_seconds_bucket{engine="0",model_name="${model}",le="+Inf"}`),
    3,
  );
});

test("shows how many run while they run", async () => {
  await using server = await start({ tokenMs: 5 });
  const { promise: begun, resolve } = Promise.withResolvers<string>();
  const stream = complete(server, { stream: true, max_tokens: 8000 }, { onText: resolve });
  stream.catch(() => undefined);
  await begun;
  assert.equal(await sample(server, "vllm:num_requests_running"), 1);
  assert.ok((await sample(server, "vllm:kv_cache_usage_perc")) > 0);
  server.kill();
  await assert.rejects(stream);
});
