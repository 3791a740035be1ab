import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import type { Config } from "@sluice/core";
import { until } from "../../scenarios/world/until.ts";
import { type ModelServer, startModelServer } from "../model-server/index.ts";
import { startResponder } from "../poll/test-responder.ts";
import { channelOf, type Exchange, type ExchangeKind, siteOf } from "./exchange.ts";
import { loadTarget } from "./load-target.ts";
import { askingOf, type LoadOptions, startLoad } from "./start-load.ts";

const host = "chat.llm.example";
const model = "llama-3-8b";

/** A model server, which speaks to clients as a gateway would. */
async function startServer(t: TestContext, site: string, host_ = "127.0.0.1", port = 0): Promise<ModelServer> {
  const server = await startModelServer({ site, channel: "stable", index: 1, host: host_, port });
  t.after(() => server.close(0));
  return server;
}

function load(t: TestContext, options: Partial<LoadOptions> & Pick<LoadOptions, "to">) {
  const exchanges: Exchange[] = [];
  const stop = new AbortController();
  const started = startLoad({
    host,
    model,
    rps: 60,
    users: 20,
    streamShare: 0.3,
    grpc: true,
    onExchange: (exchange) => exchanges.push(exchange),
    signal: stop.signal,
    ...options,
  });
  t.after(() => stop.abort());
  const end = async (): Promise<readonly Exchange[]> => {
    stop.abort();
    await started.ended;
    return exchanges;
  };
  return { exchanges, end, started };
}

test("answers, streams and gRPC calls come in their shares, and each says who served it and how soon", async (t) => {
  const { port } = await startServer(t, "site-a");
  const { exchanges, end } = load(t, { to: { kind: "gateway", at: { address: "127.0.0.1", port } } });
  await until("enough have ended", () => exchanges.length >= 150 || undefined);
  const all = await end();
  const of = (kind: ExchangeKind): readonly Exchange[] => all.filter((exchange) => exchange.kind === kind);
  assert.deepEqual([...new Set(all.map(({ error, servedBy }) => error ?? servedBy))], ["site-a/stable/1"]);
  assert.ok(Math.abs(of("stream").length / all.length - 0.3) < 0.05);
  assert.ok(Math.abs(of("grpc").length / all.length - 0.175) < 0.05);
  assert.ok(all.every(({ ttftMs }) => ttftMs !== undefined && ttftMs > 0));
  // Of a stream of twenty words, at 5 ms each, the first event comes long before the end.
  assert.ok(of("stream").every(({ ttftMs, startedAt, endedAt }) => (ttftMs ?? Infinity) < endedAt - startedAt));
});

const lost: readonly (readonly [what: string, faults: Parameters<ModelServer["setFaults"]>[0], errors: string[]])[] = [
  ["a status", { status: { code: 503, rate: 1 } }, ["503", "grpc 14"]],
  ["a broken stream", { streamError: { afterChunks: 2 } }, ["stream-error"]],
  ["a refused connection", { refuse: true }, ["ECONNREFUSED", "grpc 14"]],
];

for (const [what, faults, errors] of lost) {
  test(`what is lost by ${what} is told by its name`, async (t) => {
    const server = await startServer(t, "site-a");
    await server.setFaults(faults);
    const { exchanges, end } = load(t, { to: { kind: "gateway", at: { address: "127.0.0.1", port: server.port } } });
    await until("enough have ended", () => exchanges.length >= 60 || undefined);
    const seen = new Set((await end()).flatMap(({ error }) => (error === undefined ? [] : [error])));
    assert.deepEqual([...seen].sort(), errors);
  });
}

test("an answer that breaks off is lost, and so is one that the gateway refused, with its reason", async (t) => {
  let isBroken = false;
  const server = createServer((incoming, response) => {
    incoming.resume();
    isBroken = !isBroken;
    if (!isBroken) return void response.writeHead(503, { "x-sluice-reason": "no-pool" }).end();
    response.writeHead(200, { "content-length": 10 }).write("half", () => response.destroy());
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const to = { kind: "gateway", at: { address: "127.0.0.1", port } } as const;
  const { exchanges, end } = load(t, { to, grpc: false, streamShare: 0 });
  await until("both have come", () => new Set(exchanges.map(({ error }) => error)).size > 1 || undefined);
  const errors = new Set((await end()).map(({ error }) => error ?? "none"));
  assert.deepEqual([...errors].sort(), ["503 no-pool", "ECONNRESET"]);
});

test("clients follow the name: by its TTL, past a nameserver that is silent", async (t) => {
  const first = await startServer(t, "site-a", "127.0.0.1");
  const second = await startServer(t, "site-b", "127.0.0.2", first.port);
  assert.equal(second.port, first.port);
  await using responder = await startResponder(["127.0.0.1"]);
  const nameservers = [{ address: "127.0.0.1", port: 1 }, responder.server];
  const { exchanges, end } = load(t, { to: { kind: "name", nameservers, portOf: () => first.port }, grpc: false });
  const isServedBy = (site: string) => (): true | undefined =>
    exchanges.slice(-20).length === 20 && exchanges.slice(-20).every(({ servedBy }) => siteOf(servedBy ?? "") === site)
      ? true
      : undefined;
  await until("site A serves", isServedBy("site-a"));
  responder.manner = ["127.0.0.2"];
  await until("site B serves", isServedBy("site-b"));
  const all = await end();
  assert.deepEqual([...new Set(all.map(({ error }) => error))], [undefined]);
  assert.deepEqual([...new Set(all.map(({ servedBy }) => channelOf(servedBy ?? "")))], ["stable"]);
});

test("a name that leads nowhere loses requests as such", async (t) => {
  const nameservers = [{ address: "127.0.0.1", port: 1 }];
  const { exchanges, end } = load(t, { to: { kind: "name", nameservers, portOf: () => 1 } });
  await until("some are lost", () => exchanges.length > 0 || undefined);
  assert.deepEqual([...new Set((await end()).map(({ error }) => error))], ["no-address"]);
});

test("a gateway that answers nothing makes the load hold back, and not grow for ever", async (t) => {
  const server = createServer(() => undefined);
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { started, end } = load(t, { to: { kind: "gateway", at: { address: "127.0.0.1", port } }, rps: 20_000 });
  await until("it holds back", () => started.heldBack() > 0 || undefined);
  assert.ok(started.inFlight() <= 2_000);
  server.closeAllConnections();
  server.close();
  await end();
});

test("whoever is keyed is one of so many users, all of whom come, whatever they ask for", () => {
  const options = { host, model, users: 10, streamShare: 0.2, grpc: true } as LoadOptions;
  const all = Array.from({ length: 2_000 }, (_, turn) => askingOf(options, turn));
  const share = (is: (asking: (typeof all)[number]) => boolean): number => all.filter(is).length / all.length;
  assert.ok(Math.abs(share(({ user }) => user === undefined) - 0.2) < 0.01);
  assert.ok(Math.abs(share(({ kind }) => kind === "stream") - 0.2) < 0.01);
  for (let user = 0; user < 10; user += 1) {
    assert.ok(Math.abs(share((asking) => asking.user === `user-${user}`) - 0.08) < 0.01);
    const isStreamOf = (asking: (typeof all)[number]): boolean =>
      asking.kind === "stream" && asking.user === `user-${user}`;
    assert.ok(Math.abs(share(isStreamOf) - 0.016) < 0.008);
  }
  assert.ok(all.every((_, turn) => askingOf({ ...options, users: 0 }, turn).user === undefined));
});

test("a service or a gateway that there isn't is told with those that there are", () => {
  const service = { name: "chat", host, pools: [{ probe: { kind: "model", model: "other" } }] };
  const gateway = { name: "gateway-a", site: "site-a", address: "127.0.1.1", port: 8080 };
  const config = { services: [service], gateways: [gateway], nameservers: [] } as unknown as Config;
  assert.throws(() => loadTarget(config, "embed"), { code: "NOT_FOUND", hint: "Known: chat." });
  assert.throws(() => loadTarget(config, "chat", "site-b"), { code: "NOT_FOUND", hint: "Known: gateway-a." });
  assert.throws(() => loadTarget({ ...config, gateways: [] }, "chat"), { code: "NOT_FOUND" });
  assert.deepEqual(loadTarget(config, "chat", "site-a"), {
    host,
    model: "other",
    to: { kind: "gateway", at: gateway },
  });
});
