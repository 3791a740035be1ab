import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { SluiceError } from "@sluice/core";
import { makeArbiterClient } from "./arbiter-client.ts";
import {
  type Answering,
  type FakeArbiter,
  following,
  hung,
  json,
  leading,
  nobody,
  problem,
  startFake,
  statusOf,
} from "./test-arbiter.ts";

/** So long that a busy machine is not cut off; a test shortens what it waits out. */
const waits = { readMs: 20_000, writeMs: 20_000, graceMs: 20_000, leaderMs: 20_000 };

const startAll = (t: TestContext, ...each: readonly Answering[]): Promise<FakeArbiter[]> =>
  Promise.all(each.map((answer) => startFake(t, answer)));
const clientOf = (arbiters: readonly { readonly url: string }[], changes: Partial<typeof waits> = {}) =>
  makeArbiterClient(
    arbiters.map(({ url }) => url),
    "token",
    { ...waits, ...changes },
  );
const arbiterOf = (body: unknown): unknown => (body as { arbiter: unknown }).arbiter;
const is = (code: string, hint: RegExp) => (error: unknown) => {
  const { code: found, hint: said } = error as SluiceError;
  assert.equal(found, code);
  assert.match(said ?? "", hint);
  return true;
};

test("a read is the leader's answer, wherever it stands in the list", async (t) => {
  const arbiters = await startAll(t, following, leading, following);
  for (const path of ["/v1/status", "/v1/explain/chat"])
    assert.equal(arbiterOf(await clientOf(arbiters).get(path)), "arbiter-w");
});

test("a hung arbiter costs no time when the leader answers, and the grace when it doesn't", async (t) => {
  const arbiters = await startAll(t, hung, following);
  const begun = performance.now();
  assert.equal(arbiterOf(await clientOf(arbiters, { graceMs: 200 }).get("/v1/status")), "arbiter-a");
  assert.ok(performance.now() - begun < waits.readMs / 2, "it did not wait for the time-out");
  const [leader] = await startAll(t, leading);
  // A grace too long to be waited for: the leader's answer ends it.
  const led = clientOf([...arbiters, leader as FakeArbiter]);
  assert.equal(arbiterOf(await led.get("/v1/status")), "arbiter-w");
});

test("a read of anything else is the first good answer", async (t) => {
  const arbiters = await startAll(t, hung, (_request, response) => json(response, { events: [] }), hung);
  assert.deepEqual(await clientOf(arbiters).get("/v1/events"), { events: [] });
});

test("a good answer beats a problem, and a problem beats silence and garbage", async (t) => {
  const denying: Answering = (_request, response) => problem(response, "UNAUTHORIZED");
  const garbage: Answering = (_request, response) => void response.end("<html>hello</html>");
  const [denied, strange, good, dead] = [...(await startAll(t, denying, garbage, following)), { url: await nobody() }];
  const all = [denied, strange, dead, good] as FakeArbiter[];
  assert.equal(arbiterOf(await clientOf(all).get("/v1/status")), "arbiter-a");
  await assert.rejects(clientOf(all.slice(0, 3)).get("/v1/status"), is("UNAUTHORIZED", /do this/));
  await assert.rejects(clientOf(all.slice(0, 1)).send("POST", "/v1/undo", {}), is("UNAUTHORIZED", /do this/));
});

test("when nobody answers, everybody's reason is told", async (t) => {
  const bodies = ["<html>", "[]", "null", '{"code":"MADE_UP"}'];
  const strange = await startAll(
    t,
    ...bodies.map(
      (text): Answering =>
        (_request, response) =>
          void response.writeHead(502).end(text),
    ),
  );
  const dead = { url: await nobody() };
  await assert.rejects(clientOf([...strange, dead]).get("/v1/status"), (error: SluiceError) => {
    assert.equal(error.code, "UNREACHABLE");
    assert.deepEqual(error.problems.map(({ path }) => path).sort(), [...strange, dead].map(({ url }) => url).sort());
    assert.equal(
      error.problems.filter(({ message }) => message.includes("not as an arbiter does")).length,
      bodies.length,
    );
    return true;
  });
});

test("a survey is everybody's status, the leader's first, and who is silent", async (t) => {
  const arbiters = await startAll(t, following, hung, leading);
  const { statuses, silent } = await clientOf(arbiters, { graceMs: 2_000 }).survey();
  assert.deepEqual(statuses.map(arbiterOf), ["arbiter-w", "arbiter-a"]);
  assert.deepEqual(
    silent.map(({ url }) => url),
    [arbiters[1]?.url],
  );
});

test("a write goes to the leader and to nobody else", async (t) => {
  const arbiters = await startAll(t, following, hung, leading);
  assert.deepEqual(await clientOf(arbiters).send("POST", "/v1/undo", { reason: "a test" }), {
    lines: ["done"],
    id: null,
  });
  assert.deepEqual(
    arbiters.flatMap(({ asked }) => asked.filter((each) => each.startsWith("POST"))),
    ["POST /v1/undo"],
  );
});

test("a leader that no longer leads refuses, and its successor is asked", async (t) => {
  const stale: Answering = (request, response) =>
    request.method === "GET"
      ? json(response, statusOf("arbiter-w", { isLeading: true }))
      : problem(response, "NOT_LEADER");
  let looks = 0;
  // It leads from when it is asked for the first time.
  const successor: Answering = (request, response) =>
    request.method === "GET"
      ? json(response, statusOf("arbiter-a", { isLeading: (looks += 1) > 1 }))
      : json(response, { lines: [], id: null });
  const arbiters = await startAll(t, stale, successor);
  assert.deepEqual(await clientOf(arbiters).send("POST", "/v1/failback", {}), { lines: [], id: null });
});

test("a write without an answer may have been done: it is said so, and it is not sent again", async (t) => {
  const leadsAndHangs: Answering = (request, response) =>
    request.method === "GET" ? leading(request, response) : undefined;
  const leadsAndDies: Answering = (request, response) =>
    request.method === "GET" ? leading(request, response) : void response.destroy();
  const leadsAndBabbles: Answering = (request, response) =>
    request.method === "GET" ? leading(request, response) : void response.writeHead(502).end("bad gateway");
  for (const answer of [leadsAndHangs, leadsAndDies, leadsAndBabbles]) {
    const arbiters = await startAll(t, answer, following, leading);
    // Only the first may be taken for the leader.
    const [first, second] = arbiters as [FakeArbiter, FakeArbiter];
    await assert.rejects(
      clientOf([first, second], { writeMs: 300 }).send("PUT", "/v1/config", {}),
      is("TIMEOUT", /status.*events/),
    );
    assert.deepEqual(
      [first, second].map(({ asked }) => asked.filter((each) => each.startsWith("PUT")).length),
      [1, 0],
    );
  }
});

test("a refusal of the leader's is the operator's answer", async (t) => {
  const arbiters = await startAll(t, (request, response) =>
    request.method === "GET" ? leading(request, response) : problem(response, "FLOOR", "name the rule"),
  );
  await assert.rejects(clientOf(arbiters).send("POST", "/v1/undo", {}), is("FLOOR", /name the rule/));
});

test("where nobody leads nothing is sent, and the reasons are told", async (t) => {
  const vantages = [{ agent: "agent-a", site: "site-a", isFresh: false, because: "silent" }];
  const blind = { quorum: { domains: 3, fresh: 1, needed: 2 }, vantages, whyNotReady: "too few fresh vantages" };
  const cases: readonly (readonly [changes: object, reason: RegExp])[] = [
    [blind, /Too few fresh vantages: 1, and 2 are needed \(agent-a silent\)\./],
    [{ whyNotReady: "the store has not answered lately" }, /Not ready: the store has not answered lately\./],
    [{}, /an election is under way/],
  ];
  for (const [changes, reason] of cases) {
    const arbiters = await startAll(t, (_request, response) => json(response, statusOf("arbiter-a", changes)));
    await assert.rejects(clientOf(arbiters).send("POST", "/v1/undo", {}), is("NO_LEADER", reason));
    assert.ok(arbiters[0]?.asked.every((each) => each === "GET /v1/status"));
    const dead = { url: await nobody() };
    await assert.rejects(
      clientOf([...arbiters, dead]).send("POST", "/v1/undo", {}),
      is("NO_LEADER", new RegExp(`No answer from ${dead.url}`)),
    );
  }
});

test("an abort ends a long poll at once, with its own reason", async (t) => {
  const arbiters = await startAll(t, hung, hung);
  const stop = new AbortController();
  const asked = clientOf(arbiters).get("/v1/events?after=0&waitMs=30000", { signal: stop.signal });
  stop.abort(new Error("enough"));
  await assert.rejects(asked, /enough/);
});
