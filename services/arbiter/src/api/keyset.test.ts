import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Envelope, Keyset } from "@sluice/core";
import { openArbiters, tokens, until } from "./test-arbiters.ts";

const arbiters = await openArbiters();
after(() => arbiters.close());

const held = async (of: "arbiter-w" | "arbiter-b"): Promise<Keyset> =>
  JSON.parse(((await arbiters.ask("/v1/keyset", { of })).body as Envelope).payload) as Keyset;
const first = await held("arbiter-w");
const next = (version: number, more: Partial<Keyset> = {}) =>
  arbiters.sign("root", "keyset", { ...first, version, ...more });
const put = (body: unknown, extra: object = {}) => arbiters.ask("/v1/keyset", { method: "PUT", body, ...extra });

test("a follower takes the next keyset by itself, and the leader has it from there; what isn't the root's, or is older, is refused", async () => {
  const { status, body } = await put(next(3), { of: "arbiter-b" });
  assert.deepEqual([status, body], [200, { version: 3, isNew: true, isKept: true }]);
  await until("the leader has it", async () => (await held("arbiter-w")).version === 3);
  assert.deepEqual((await put(next(3))).body, { version: 3, isNew: false, isKept: true });
  const refused = [
    [next(2), /a newer one is in force/],
    [next(3, { keys: [] }), /another one with the same version/],
    [arbiters.sign("arbiter-w", "keyset", { ...first, version: 9 }), /root key/],
  ] as const;
  for (const [envelope, why] of refused) {
    const answer = await put(envelope);
    assert.deepEqual([answer.status, (answer.body as { code: string }).code], [409, "KEYSET_REFUSED"]);
    assert.match(JSON.stringify(answer.body), why);
  }
  assert.equal((await held("arbiter-w")).version, 3);
});

test("only an operator may hand one in, and nothing else than a signed one", async () => {
  assert.equal((await put(next(4), { token: tokens.node })).status, 403);
  assert.equal((await put(next(4), { token: "" })).status, 401);
  assert.equal((await put({ ...first, version: 4 })).status, 400);
  assert.equal((await held("arbiter-w")).version, 3);
});

test("who has the newest waits for the next one, and has it as soon as it is there", async () => {
  assert.equal((await arbiters.ask("/v1/keyset?after=3&waitMs=0", { token: tokens.node })).status, 204);
  const waiting = arbiters.ask("/v1/keyset?after=3&waitMs=30000", { token: tokens.node, timeoutMs: 30_000 });
  const revoked = first.keys.filter(({ name }) => name === "agent-site-b");
  const keys = first.keys.filter(({ name }) => name !== "agent-site-b");
  await put(next(4, { keys, revoked }));
  const { payload } = (await waiting).body as Envelope;
  assert.equal((JSON.parse(payload) as Keyset).version, 4);
});

test("the votes of a revoked agent are refused by every arbiter, and counted as such", async () => {
  await until("the follower has the keyset", async () => (await held("arbiter-b")).version === 4);
  for (const arbiter of ["arbiter-w", "arbiter-b"] as const) {
    const report = arbiters.sign("agent-site-b", "report", arbiters.report("agent-site-b", arbiter));
    const { status, body } = await arbiters.send(report, arbiter);
    assert.deepEqual([status, (body as { code: string }).code], [409, "VOTE_REFUSED"]);
    const metrics = String((await arbiters.ask("/metrics", { of: arbiter })).body);
    assert.match(metrics, /sluice_arbiter_reports_total\{result="revoked-key"\} 1\n/);
    assert.match(metrics, /^sluice_keyset_version 4$/m);
  }
});

test("a leader whose own key is revoked gives up the lead, and the other one takes it", async () => {
  const keys = first.keys.filter(({ name }) => name !== "arbiter-w");
  await put(next(5, { keys, revoked: first.keys.filter(({ name }) => name === "arbiter-w") }));
  await until("the other one leads", async () => {
    await arbiters.vote("healthy");
    return ((await arbiters.ask("/v1/status", { of: "arbiter-b" })).body as { isLeading: boolean }).isLeading;
  });
  const ready = await arbiters.ask("/readyz", { token: "" });
  assert.deepEqual([ready.status, ready.body], [503, { status: "its key arbiter-w is revoked" }]);
});
