import assert from "node:assert/strict";
import { get } from "node:http";
import { test } from "node:test";
import { until } from "../../../../test/dns/world.ts";
import { askAdmin, host, makeWorld, metricsOf, tokens, type World, whoServes } from "../test-world.ts";

const node = { token: tokens.node };
const pool = "pool:chat/stable@site-a";

test("agents and gateways come in with the node's token, and may not do what operators do", async () => {
  await using world = await makeWorld();
  world.put(world.snapshot(1));
  await using gateway = await world.start();
  const status = async (...[method, path]: ["GET" | "POST" | "DELETE", string]): Promise<readonly number[]> => {
    const body = method === "POST" ? {} : undefined;
    const all = [tokens.node, "a-token-of-somebody-else"].map((token) =>
      askAdmin(gateway, method, path, { token, body }),
    );
    return (await Promise.all(all)).map((answer) => answer.status);
  };
  assert.deepEqual(await status("GET", "/v1/snapshot"), [200, 401]);
  assert.deepEqual(await status("GET", "/v1/explain?service=chat"), [200, 401]);
  assert.deepEqual(await status("GET", "/v1/drain"), [200, 401]);
  for (const [method, path] of [
    ["POST", "/v1/drain"],
    ["DELETE", "/v1/drain"],
    ["POST", `/v1/clear?target=${pool}`],
  ] as const)
    assert.deepEqual(await status(method, path), [403, 401], path);
  assert.equal((await askAdmin(gateway, "GET", "/readyz", { token: "nobody" })).status, 200);
});

test("an agent brings its looks, and hears what requests met in the pools of the site", async () => {
  await using world = await makeWorld();
  world.put(world.snapshot(1));
  await using gateway = await world.start();
  const looks = [
    { target: pool, goodInRow: 3, failedInRow: 0 },
    { target: "pool:chat/stable@site-b", goodInRow: 0, failedInRow: 4 },
  ];
  const told = await askAdmin(gateway, "POST", "/v1/traffic", { ...node, body: { agent: "agent-a", looks } });
  assert.deepEqual(told.body, {
    gateway: "gateway-a",
    pools: [{ target: pool, state: "healthy", because: "0 failures in a row" }],
  });
  assert.deepEqual(world.standIn().looks, [pool], "what an agent sees of another site is not taken");
  const many = Array.from({ length: 10_001 }, () => looks[0]);
  for (const body of [{}, { agent: "agent-a", looks: [{ target: pool }] }, { agent: "agent-a", looks: many }])
    assert.equal((await askAdmin(gateway, "POST", "/v1/traffic", { ...node, body })).status, 400);
});

test("explain says where a request would go, and the request goes there", async () => {
  await using world = await makeWorld();
  const variant = {
    header: "x-model-variant",
    values: [{ value: "experiment-v2", channel: "experiment" }],
    whenDead: "strict" as const,
    whenUnknown: "split" as const,
  };
  world.put(world.snapshot(1, { route: { variant } }));
  await using gateway = await world.start();
  const ask = (query: string) => askAdmin(gateway, "GET", `/v1/explain?${query}`);
  const { body } = await ask("service=chat&user=u1");
  assert.deepEqual((body["decision"] as { sites: unknown }).sites, ["site-a", "site-b"]);
  assert.equal(body["endpoint"], world.endpoints.a.at);
  assert.equal(body["fence"], "lab:1.1");
  const lines = body["lines"] as readonly string[];
  assert.match(lines[0] ?? "", /^chat → stable, because user u1 has slot \d+, which stable owns$/);
  assert.deepEqual(lines.slice(1), [
    `first to site-a, this site, endpoint ${world.endpoints.a.at}`,
    "after that, by a safe retry: site-b",
  ]);
  const byHost = await ask(`host=${host.toUpperCase()}:8080`);
  assert.match((byHost.body["lines"] as string[])[0] ?? "", /no affinity header names a user, and slot \d+ was drawn/);
  const dead = await ask("service=chat&header=X-Model-Variant:experiment-v2");
  assert.deepEqual(dead.body["lines"], [
    "refused with 503, variant-unavailable: experiment, which the variant asks for, is served nowhere",
  ]);
});

test("explain after a trip shows the pool as requests meet it, until an operator clears it", async () => {
  await using world = await makeWorld();
  world.put(world.snapshot(1));
  await using gateway = await world.start();
  const clear = (target: string) => askAdmin(gateway, "POST", `/v1/clear?target=${target}`, { body: {} });
  assert.equal((await clear(pool)).body["code"], "NOTHING_TO_DO");
  world.endpoints.a.answer(500);
  await until("it is tripped", async () => (await whoServes(world)) === "site-b/stable/1");
  const { body } = await askAdmin(gateway, "GET", "/v1/explain?service=chat&user=u1");
  assert.deepEqual(body["pools"], [
    { target: pool, site: "site-a", admits: 0, traffic: { state: "tripped", because: "5 failures in a row" } },
    {
      target: "pool:chat/stable@site-b",
      site: "site-b",
      admits: 1,
      traffic: { state: "healthy", because: "0 failures in a row" },
    },
  ]);
  assert.equal("endpoint" in body, false);
  world.endpoints.a.answer(200);
  assert.deepEqual((await clear(pool)).body, { gateway: "gateway-a", cleared: pool });
  assert.equal(await whoServes(world), "site-a/stable/1");
  const unknown = await clear("pool:chat/nightly@site-a");
  assert.deepEqual([unknown.status, unknown.body["code"]], [404, "NOT_FOUND"]);
  assert.equal((await clear("chat")).status, 400);
});

const misuses = [
  ["", 400],
  ["service=nothing", 404],
  ["service=chat&header=novalue", 400],
  ["service=chat&user=", 400],
  [`service=chat&user=${"x".repeat(1025)}`, 400],
  ["service=chat&colour=blue", 400],
] as const;

for (const [query, status] of misuses) {
  test(`explain?${query.slice(0, 40)} is ${status}`, async () => {
    await using world = await makeWorld();
    world.put(world.snapshot(1));
    await using gateway = await world.start();
    assert.equal((await askAdmin(gateway, "GET", `/v1/explain?${query}`)).status, status);
  });
}

test("while it drains it is not ready, bids clients go and tells what is left; taken back, it is ready again", async () => {
  await using world = await makeWorld();
  world.put(world.snapshot(1));
  await using gateway = await world.start();
  const stream = await openStream(world);
  const begun = await askAdmin(gateway, "POST", "/v1/drain", { body: {} });
  assert.deepEqual([begun.body["isDraining"], begun.body["residual"], begun.body["graceMs"]], [true, 1, 75_000]);
  const ready = await askAdmin(gateway, "GET", "/readyz");
  assert.deepEqual([ready.status, ready.body["status"], ready.body["residual"]], [503, "draining", 1]);
  assert.equal(await whoServes(world), "site-a/stable/1", "who comes all the same is served");
  assert.match(await metricsOf(gateway), /^sluice_gateway_draining 1$/m);
  world.endpoints.a.endStreams();
  assert.equal(await stream.rest, "firstlast");
  const ended = await askAdmin(gateway, "DELETE", "/v1/drain");
  assert.deepEqual(ended.body, { isDraining: false, residual: 0, graceMs: 75_000 });
  assert.equal((await askAdmin(gateway, "GET", "/readyz")).status, 200);
});

test("the end waits for the last stream, and not when somebody is in a hurry", async () => {
  await using world = await makeWorld();
  world.put(world.snapshot(1));
  await using gateway = await world.start();
  const first = await openStream(world);
  const drained = gateway.drain(new AbortController().signal).then(() => "drained");
  assert.equal(await Promise.race([drained, new Promise((resolve) => setImmediate(resolve, "waits"))]), "waits");
  world.endpoints.a.endStreams();
  assert.equal(await first.rest, "firstlast");
  assert.equal(await drained, "drained");
  const second = await openStream(world);
  await gateway.drain(AbortSignal.abort());
  await gateway.close();
  await assert.rejects(second.rest, { code: "ECONNRESET" });
});

/** A stream that has begun; `rest` is all of it. */
async function openStream({ own: { address, port } }: World): Promise<{ readonly rest: Promise<string> }> {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const rest = new Promise<string>((settle, fail) => {
    get({ host: address, port, path: "/stream", headers: { host }, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        begin();
      });
      response.on("end", () => settle(text)).on("error", fail);
    }).on("error", fail);
  });
  rest.catch(() => undefined);
  await begun;
  return { rest };
}
