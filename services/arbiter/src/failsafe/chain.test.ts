import assert from "node:assert/strict";
import { test } from "node:test";
import { gaps } from "./chain.ts";
import type { KeptEntry } from "./entry-log.ts";
import { noHash } from "./messages.ts";

const kept = (epoch: number, number: number, before: string, hash: string): KeptEntry =>
  ({ name: "", hash, envelope: {}, entry: { kind: "entry", leader: "arbiter-w", epoch, number, before } }) as never;
const one = kept(3, 1, noHash, "a");
const two = kept(3, 2, "a", "b");
const next = kept(5, 1, noHash, "c");

test("journals that hang together, one after the other", () => assert.deepEqual(gaps([one, two, next]), []));

test("an entry that is missing, or another than the next was chained to, is told", () => {
  assert.deepEqual(gaps([one, kept(3, 3, "b", "d"), next]), [
    "the failsafe journal of arbiter-w, epoch 3, is broken before entry 3",
  ]);
  assert.deepEqual(gaps([two, next]), [], "the first is in the store, and was let go of");
  assert.equal(gaps([one, kept(3, 2, "x", "b")]).length, 1);
});
