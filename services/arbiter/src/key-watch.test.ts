import assert from "node:assert/strict";
import { test } from "node:test";
import type { Found, KeyEntry, Snapshot } from "@sluice/core";
import { makeVirtualClock } from "@sluice/testkit";
import { snapshotOf } from "../../../test/dns/world.ts";
import type { ArbiterContext } from "./context.ts";
import { makeKeyWatch, whyNotSign } from "./key-watch.ts";

/** A leader in epoch 3, whose keys a test changes. */
function setUp() {
  const keyset: { revoked?: readonly KeyEntry[] } = {};
  const signer = { keyId: "arbiter-w" };
  const standings: Record<string, "good" | "revoked"> = { "arbiter-w": "good" };
  const snapshot = { ...snapshotOf(5, ["127.0.1.1"]), fence: { installation: "lab", epoch: 3, sequence: 5 } };
  const served: Record<string, { readonly fence: Snapshot["fence"]; readonly seenAt: number }> = {};
  const desk = { current: () => ({ snapshot, envelope: { keyId: "arbiter-w" } }), acknowledged: () => served };
  const clock = makeVirtualClock();
  const keyring = { keyset, standing: (id: string) => standings[id] ?? "unknown" };
  const parts = { clock, keyring, signer, desk } as unknown as ArbiterContext;
  const found = (epoch: number, more: Partial<Found> = {}): Found => ({
    from: "ns-a",
    snapshot: { ...snapshot, fence: { ...snapshot.fence, epoch } },
    ...more,
  });
  return { keyset, signer, standings, served, clock, parts, watch: makeKeyWatch(parts), found };
}

const revoked = [{ id: "arbiter-a" } as KeyEntry];

test("a leader settles again when a key was revoked, and goes above what that key had signed", () => {
  const { keyset, watch, found } = setUp();
  assert.equal(watch.isSettled(3), true);
  keyset.revoked = revoked;
  assert.equal(watch.isSettled(3), false);
  const held = [found(3), found(40, { isRevoked: true }), found(50)];
  assert.equal(watch.standsInTheWay(held, 3), 40, "what good keys signed is for adoption to weigh");
  watch.settled();
  assert.equal(watch.isSettled(3), true);
});

test("an older epoch of a revoked key stands in nobody's way", () => {
  const { watch, found } = setUp();
  assert.equal(watch.standsInTheWay([found(2, { isRevoked: true })], 3), undefined);
  watch.settled();
});

test("a leader says its last word again when it signs with another key, and once", () => {
  const { signer, watch } = setUp();
  signer.keyId = "arbiter-w.2";
  assert.equal(watch.isSettled(3), false);
  assert.equal(watch.standsInTheWay([], 3), 3);
  watch.settled();
  assert.equal(watch.isSettled(4), true, "what is on the desk is of the epoch before");
});

test("an arbiter whose key is unknown or revoked may not lead, and says why", () => {
  const { signer, standings, parts } = setUp();
  assert.equal(whyNotSign(parts), undefined);
  standings["arbiter-w"] = "revoked";
  assert.equal(whyNotSign(parts), "its key arbiter-w is revoked");
  signer.keyId = "arbiter-c";
  assert.equal(whyNotSign(parts), "the keyset has no key arbiter-c");
});

test("a node that was away, and comes back above the leader's fence, makes it settle again, not too often, once a key was revoked", () => {
  const { keyset, served, clock, watch, found } = setUp();
  const comes = (epoch: number): void => {
    served["ns-a"] = { fence: found(epoch).snapshot.fence, seenAt: clock.wallMs() };
  };
  comes(40);
  clock.advance(60_000);
  comes(40);
  assert.equal(watch.isSettled(3), true, "without any revoked key it isn't this one's affair");
  keyset.revoked = revoked;
  watch.standsInTheWay([], 3);
  watch.settled();
  assert.equal(watch.isSettled(3), true, "it has only just asked");
  clock.advance(6_000);
  comes(40);
  assert.equal(watch.isSettled(3), false);
  watch.standsInTheWay([], 3);
  watch.settled();
  clock.advance(31_000);
  assert.equal(watch.isSettled(3), true, "it hasn't been heard of since");
  comes(3);
  assert.equal(watch.isSettled(3), true);
});
