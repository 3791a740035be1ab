import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttp } from "node:http";
import { type AddressInfo, createServer as createTcp, type Server } from "node:net";
import { type TestContext, test } from "node:test";
import { Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";
import type { ProbeConfig } from "@sluice/core";
import { HealthImplementation } from "grpc-health-check";
import { startModelServer } from "../../../test/lab/model-server/index.ts";
import { lookAtTarget } from "./look-target.ts";
import type { LookResult } from "./probes/look.ts";

const rules = { allow: ["127.0.0.0/8"] };

const look = (endpoints: readonly string[], probe: ProbeConfig, more: { up?: number; deadlineMs?: number } = {}) =>
  lookAtTarget({ key: "edge:site-a", endpoints, endpointsUpMin: more.up ?? 1, probe }, rules, {
    deadlineMs: more.deadlineMs ?? 5000,
    localAddress: "127.0.0.1",
    signal: new AbortController().signal,
  });

async function listen(t: TestContext, server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const because = (result: LookResult): string => (result.kind === "failed" ? result.because : "");
const http: ProbeConfig = { kind: "http", path: "/healthz", statuses: [200], bodyIncludes: "fine" };

test("http: status, body, redirects and size", async (t) => {
  let answer = { status: 200, body: "all fine" };
  let asked = 0;
  const server = createHttp((_request, response) => {
    asked += 1;
    response.writeHead(answer.status, { location: "/elsewhere" }).end(answer.body);
  });
  const at = await listen(t, server);
  assert.equal((await look([at], http)).kind, "ok");
  answer = { status: 200, body: "broken" };
  assert.match(because(await look([at], http)), /lacks/);
  answer = { status: 503, body: "fine" };
  assert.match(because(await look([at], http)), /status 503/);
  answer = { status: 302, body: "fine" };
  assert.match(because(await look([at], http)), /status 302/);
  assert.equal(asked, 4);
  answer = { status: 200, body: `fine${"x".repeat(70_000)}` };
  assert.match(because(await look([at], http)), /larger/);
});

test("a silent server fails every kind but tcp at the deadline", async (t) => {
  const at = await listen(
    t,
    createTcp((socket) => {
      socket.on("error", () => socket.destroy()).resume();
      t.after(() => socket.destroy());
    }),
  );
  assert.equal((await look([at], { kind: "tcp" })).kind, "ok");
  const kinds: ProbeConfig[] = [http, { kind: "grpc", service: "" }, { kind: "model", model: "m", generate: false }];
  for (const probe of kinds) assert.match(because(await look([at], probe, { deadlineMs: 150 })), /no answer within/);
});

test("a refused connection says so, and endpointsUpMin counts", async (t) => {
  const at = await listen(
    t,
    createTcp((socket) => socket.destroy()),
  );
  const gone = createTcp();
  const closed = await listen(t, gone);
  gone.close();
  await once(gone, "close");
  assert.match(because(await look([closed], { kind: "tcp" })), /ECONNREFUSED/);
  assert.equal((await look([closed, at], { kind: "tcp" })).kind, "ok");
  assert.match(because(await look([closed, at], { kind: "tcp" }, { up: 2 })), /ECONNREFUSED/);
});

test("grpc: a real server's health service", async (t) => {
  const server = new GrpcServer();
  const health = new HealthImplementation({ "": "SERVING", generator: "NOT_SERVING", ["x".repeat(200)]: "SERVING" });
  health.addToServer(server);
  const { promise, resolve } = Promise.withResolvers<number>();
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_error, port) => resolve(port));
  const at = `127.0.0.1:${await promise}`;
  t.after(() => server.forceShutdown());
  assert.equal(because(await look([at], { kind: "grpc", service: "" })), "");
  assert.equal(because(await look([at], { kind: "grpc", service: "x".repeat(200) })), "");
  assert.match(because(await look([at], { kind: "grpc", service: "generator" })), /not SERVING/);
  assert.match(because(await look([at], { kind: "grpc", service: "nobody" })), /grpc-status 5/);
});

test("grpc: of an endpoint picker and its follower, which isn't serving, one is enough", async (t) => {
  const picker = async (status: "SERVING" | "NOT_SERVING"): Promise<string> => {
    const server = new GrpcServer();
    new HealthImplementation({ readiness: status }).addToServer(server);
    t.after(() => server.forceShutdown());
    const { promise, resolve } = Promise.withResolvers<number>();
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_error, port) => resolve(port));
    return `127.0.0.1:${await promise}`;
  };
  const pickers = [await picker("NOT_SERVING"), await picker("SERVING")];
  assert.equal(because(await look(pickers, { kind: "grpc", service: "readiness" })), "");
  assert.match(because(await look(pickers, { kind: "grpc", service: "readiness" }, { up: 2 })), /not SERVING/);
});

test("metric: the sum of what bears the labels; one that isn't there says nothing", async (t) => {
  let text = 'ready{name="chat",zone="1"} 2\nready{name="chat",zone="2"} 1\nready{name="embed"} 7\n';
  const at = await listen(
    t,
    createHttp((_request, response) => response.end(text)),
  );
  const probe = {
    kind: "metric",
    path: "/metrics",
    metric: "ready",
    labels: { name: "chat" },
    min: 3,
    absentMs: 1,
  } as const;
  assert.equal((await look([at], probe)).kind, "ok");
  assert.match(because(await look([at], { ...probe, min: 4 })), /ready is 3, less than 4/);
  assert.deepEqual(await look([at], { ...probe, metric: "rea" }), {
    kind: "unclear",
    because: `${at}: no rea in /metrics`,
  });
  text = 'ready{name="chat"} NaN\n';
  assert.match(because(await look([at], probe)), /ready is NaN/);
  assert.equal((await look([at, at], { ...probe, metric: "other" }, { up: 2 })).kind, "unclear");
});

test("model: lists its model and gives a token", async (t) => {
  const server = await startModelServer({ site: "site-a", channel: "stable", index: 1, host: "127.0.0.1", port: 0 });
  t.after(() => server.close(0));
  const at = `127.0.0.1:${server.port}`;
  const generated = await look([at], { kind: "model", model: server.model, generate: true });
  assert.equal(because(generated), "");
  assert.ok(generated.kind === "ok" && generated.firstTokenMs !== undefined);
  assert.match(because(await look([at], { kind: "model", model: "other", generate: false })), /does not list/);
});

test("a pool that is well is asked no more than needed; a slow or dead endpoint brings the others", async (t) => {
  const asked = [0, 0];
  const held: (() => void)[] = [];
  const hold = [false, false];
  const servers = asked.map((_count, index) =>
    createHttp((_request, response) => {
      asked[index] = (asked[index] ?? 0) + 1;
      if (hold[index]) held.push(() => response.end("fine"));
      else response.end("fine");
    }),
  );
  const ats = await Promise.all(servers.map((server) => listen(t, server)));
  t.after(() => held.forEach((release) => release()));
  assert.equal((await look(ats, http)).kind, "ok");
  assert.deepEqual(asked, [1, 0]);
  assert.equal((await look(ats, http, { up: 2 })).kind, "ok");
  assert.deepEqual(asked, [2, 1]);
  hold[0] = true;
  assert.equal((await look(ats, http)).kind, "ok");
  assert.deepEqual(asked, [3, 2]);
  hold[1] = true;
  assert.match(because(await look(ats, http, { deadlineMs: 1000 })), /no answer within \d+ ms/);
  assert.deepEqual(asked, [4, 3]);
});
