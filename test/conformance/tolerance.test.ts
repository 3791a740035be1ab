import assert from "node:assert/strict";
import { test } from "node:test";
import { assertShares, countBy, quantile, toleranceOf } from "./tolerance.ts";

const pointsOf = (share: number): string => (toleranceOf(share, 10_000) * 100).toFixed(2);

test("of 10,000 requests a share may be off by what the specification says", () => {
  assert.deepEqual([0.01, 0.05, 0.2, 0.5].map(pointsOf), ["0.45", "0.98", "1.80", "2.25"]);
});

test("shares inside the bound pass, those outside fail, and nothing means nothing", () => {
  const counts = (stable: number, canary: number) =>
    new Map([
      ["stable", stable],
      ["canary", canary],
    ]);
  assertShares(counts(9_000, 1_000), { stable: 90, canary: 10 });
  assertShares(counts(9_130, 870), { stable: 90, canary: 10 });
  assert.throws(
    () => assertShares(counts(9_140, 860), { stable: 90, canary: 10 }),
    /stable has 91.40 % of 10000, not 90.00 % ± 1.35 %/,
  );
  assert.throws(() => assertShares(counts(9_999, 1), { stable: 100, canary: 0 }), /canary/);
  assert.throws(() => assertShares(counts(9_999, 1), { stable: 100 }), /canary should have had nothing/);
});

test("counts and quantiles", () => {
  assert.deepEqual(
    [...countBy(["a", "b", "a"], (item) => item)],
    [
      ["a", 2],
      ["b", 1],
    ],
  );
  assert.deepEqual(
    [0.5, 0.99, 1].map((share) => quantile([3, 1, 2, 4], share)),
    [2, 4, 4],
  );
});
