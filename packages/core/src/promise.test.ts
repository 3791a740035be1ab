import assert from "node:assert/strict";
import { test } from "node:test";
import { leaseTiming } from "./lease.ts";
import { monoMs } from "./model.ts";
import { binds, type PromiserFacts, promiseTiming, whyNotKeep, whyNotPromise } from "./promise.ts";

const ask = { leader: "arbiter-w", epoch: 7, number: 2 };
const facts: PromiserFacts = {
  isLeading: false,
  isBidding: false,
  storeSilentMs: promiseTiming.silentMs,
  epoch: 7,
  seen: { holder: "arbiter-w", epoch: 7 },
  promised: undefined,
};
const promised = { ...ask, number: 1, until: monoMs(10_000) };

const table: readonly (readonly [string, Partial<PromiserFacts>, ReturnType<typeof whyNotPromise>])[] = [
  ["as all is", {}, undefined],
  ["renewed", { promised }, undefined],
  ["heard twice", { promised: { ...promised, number: 2 } }, "it has heard this before"],
  ["the store answers", { storeSilentMs: promiseTiming.silentMs - 1 }, "it reaches the store"],
  ["a newer epoch", { epoch: 8 }, "it knows a newer epoch"],
  ["it leads itself", { isLeading: true }, "it leads"],
  ["it asks for the lease", { isBidding: true }, "it is asking for the lease"],
  ["that epoch is another's", { seen: { holder: "arbiter-b", epoch: 7 } }, "another arbiter held that epoch"],
  ["an older row", { seen: { holder: "arbiter-b", epoch: 6 } }, undefined],
  ["a promise to an older leader", { promised: { ...promised, leader: "arbiter-b", epoch: 6, number: 9 } }, undefined],
];

for (const [when, more, why] of table)
  test(`${when}: ${why ?? "it promises"}`, () => assert.equal(whyNotPromise({ ...facts, ...more }, ask), why));

test("a promise binds for longer than a leader writes by it", () => {
  assert.ok(promiseTiming.heldMs > leaseTiming.writeForMs);
  assert.deepEqual([binds(promised, monoMs(9_999)), binds(promised, monoMs(10_000))], [true, false]);
});

test("what a leader decides is kept only while the promise to that very leader binds", () => {
  const kept = (entry: Partial<typeof ask>, now: number) => whyNotKeep({ ...ask, ...entry }, promised, monoMs(now));
  assert.equal(kept({}, 9_999), undefined);
  for (const why of [kept({}, 10_000), kept({ leader: "arbiter-b" }, 0), kept({ epoch: 8 }, 0)])
    assert.equal(why, "it has promised that leader nothing");
  assert.notEqual(whyNotKeep(ask, undefined, monoMs(0)), undefined);
});
