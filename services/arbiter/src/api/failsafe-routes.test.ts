import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Envelope } from "@sluice/core";
import { type Arbiters, openArbiters, tokens, until } from "./test-arbiters.ts";

let arbiters: Arbiters;
before(async () => {
  arbiters = await openArbiters();
});
after(() => arbiters.close());

const send = (body: unknown, token = tokens.node) =>
  arbiters.ask("/v1/failsafe", { of: "arbiter-b", method: "POST", body, token });
const ask = { kind: "ask", leader: "arbiter-w", epoch: 1, number: 1 };

test("an arbiter that asks is answered, signed, with why there is no promise while the store is there", async () => {
  await until("the other has seen the lease", async () => {
    const { body } = await arbiters.ask("/v1/status", { of: "arbiter-b" });
    return (body as { leader: string | null }).leader === "arbiter-w";
  });
  const { status, body } = await send(arbiters.sign("arbiter-w", "failsafe", ask));
  assert.equal(status, 200);
  const { keyId, payload } = body as Envelope;
  assert.deepEqual(
    [keyId, JSON.parse(payload)],
    [
      "arbiter-b",
      { kind: "no-promise", by: "arbiter-b", to: "arbiter-w", epoch: 1, number: 1, because: "it reaches the store" },
    ],
  );
});

test("nobody else is heard: another's key, another's name, another kind, no arbiter, no token", async () => {
  for (const [signer, kind, value] of [
    ["agent-site-a", "failsafe", { ...ask, leader: "agent-site-a" }],
    ["arbiter-b", "failsafe", ask],
    ["arbiter-w", "config", ask],
    ["arbiter-w", "failsafe", { ...ask, epoch: -1 }],
    ["arbiter-w", "failsafe", { ...ask, kind: "entry" }],
  ] as const)
    assert.equal((await send(arbiters.sign(signer, kind, value))).status, 204, `${signer} ${kind}`);
  assert.equal((await send({})).status, 400);
  assert.equal((await send(arbiters.sign("arbiter-w", "failsafe", ask), "no-token")).status, 401);
});

test("what it keeps is told one after the other; here it keeps nothing", async () => {
  assert.equal((await arbiters.ask("/v1/failsafe", { token: tokens.node })).status, 204);
  assert.equal((await arbiters.ask("/v1/failsafe?after=entry-1", { token: tokens.node })).status, 204);
});
