import assert from "node:assert/strict";
import { test } from "node:test";
import { type Asked, judgeSpike } from "./judge-spike.ts";

const asked = (ends: readonly (readonly [count: number, isGood: boolean, site: string])[]): readonly Asked[] =>
  ends
    .flatMap(([count, isGood, site]) => Array.from({ length: count }, () => ({ isGood, site })))
    .map((end, index) => ({ ...end, startedAtMs: 1_000 + index * 20, isPost: index % 3 === 0 }));

test("it has moved with the first of a second's requests that all are the other site's", () => {
  const all = asked([
    [5, true, "site-a"],
    [10, false, "site-a"],
    [40, true, "site-b"],
    [2, false, "site-a"],
    [60, true, "site-b"],
  ]);
  assert.deepEqual(judgeSpike(all, "site-b"), { movedMs: (57 - 5) * 20, failed: 12, failedPosts: 3 });
});

test("a look at the first site later on is a failure, and no way back", () => {
  const all = asked([
    [10, false, "site-a"],
    [80, true, "site-b"],
    [1, false, "site-a"],
    [20, true, "site-b"],
  ]);
  const { movedMs, failed } = judgeSpike(all, "site-b");
  assert.deepEqual([movedMs, failed], [200, 11]);
});

test("never there, and there from the first on", () => {
  assert.equal(judgeSpike(asked([[200, false, "site-a"]]), "site-b").movedMs, undefined);
  assert.deepEqual(judgeSpike(asked([[60, true, "site-b"]]), "site-b"), { movedMs: 0, failed: 0, failedPosts: 0 });
  assert.equal(judgeSpike([], "site-b").movedMs, undefined);
});
