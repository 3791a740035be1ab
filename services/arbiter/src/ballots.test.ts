import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config, Envelope } from "@sluice/core";
import { type Keyring } from "@sluice/runtime";
import { makeRegistry } from "@sluice/runtime/server";
import { makeVirtualClock } from "@sluice/testkit";
import { makeBallots } from "./ballots.ts";
import { makeArbiterMetrics } from "./metrics.ts";
import { makeSuspicionBoard } from "./suspicion-board.ts";

const config = {
  agents: [{ name: "agent-a", site: "site-a", url: "" }],
  probes: { intervalMs: 1_000 },
} as unknown as Config;

function opened() {
  const clock = makeVirtualClock();
  let [nonces, seq] = [0, 0];
  const ballots = makeBallots({
    name: "arbiter-w",
    clock,
    keyring: {
      open: (_kind: string, { payload }: Envelope) => ({
        kind: "ok",
        name: "agent-a",
        site: "site-a",
        value: JSON.parse(payload) as unknown,
      }),
    } as unknown as Keyring,
    board: makeSuspicionBoard(),
    metrics: makeArbiterMetrics(makeRegistry()),
    newNonce: () => `nonce-number-${(nonces += 1)}-of-this-test`,
    onChange: () => undefined,
  });
  let nonce = "";
  const send = () => {
    const report = {
      agent: "agent-a",
      arbiter: "arbiter-w",
      nonce,
      bootId: "boot",
      seq: (seq += 1),
      configRevision: 0,
      selfCheck: { kind: "ok" },
      votes: [],
    };
    const reply = ballots.take({ keyId: "agent-a", payload: JSON.stringify(report), signature: "" }, config);
    ({ nonce } = reply);
    return reply.because ?? reply.kind;
  };
  const count = () => ballots.count(config, 0);
  return { clock, send, fresh: () => count().freshDomains, version: () => count().changes?.version ?? 0 };
}

test("after a suspension no vote from before counts, nor a nonce, though the monotonic clock stood still", () => {
  const { clock, send, fresh, version } = opened();
  assert.deepEqual([send(), send(), fresh()], ["unknown-nonce", "counted", ["site-a"]]);
  clock.advance(900);
  assert.deepEqual(fresh(), ["site-a"]);
  const counted = version();
  // A suspended machine's wall clock goes on alone.
  clock.stepWall(5_000);
  assert.deepEqual([send(), send(), fresh()], ["unknown-nonce", "counted", ["site-a"]]);
  assert.ok(version() > counted, "who counted before finds that something is new");
  clock.stepWall(5_000);
  assert.deepEqual([fresh(), send(), send(), fresh()], [[], "unknown-nonce", "counted", ["site-a"]]);
});

test("clocks that come apart slowly are no suspension", () => {
  const { clock, send, fresh } = opened();
  send();
  for (let turn = 0; turn < 20; turn += 1) {
    assert.equal(send(), "counted");
    clock.stepWall(500);
    clock.advance(500);
    assert.deepEqual(fresh(), ["site-a"]);
  }
});
