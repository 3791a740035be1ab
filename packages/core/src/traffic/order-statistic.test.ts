import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { aboveMax, lowerRank, samplesMin, upperFromTop } from "./order-statistic.ts";

for (const [n, rank] of [
  [59, 53],
  [100, 91],
  [200, 185],
  [500, 467],
] as const) {
  test(`of ${n} samples the ${rank}th is the lower bound of p95`, () => assert.equal(lowerRank(n), rank));
}

test("an upper bound needs 59 samples, and is then the longest of them", () => {
  assert.deepEqual([upperFromTop(0), upperFromTop(samplesMin - 1), upperFromTop(samplesMin)], [0, 0, 1]);
});

test("the bounds lie about 5 % from the top, on either side, and come together", () => {
  fc.assert(
    fc.property(fc.integer({ min: samplesMin, max: 20_000 }), (n) => {
      assert.ok(aboveMax(n) > n * 0.05 && upperFromTop(n) < n * 0.05 + 1);
      // Within the normal approximation, and a sample or two.
      const spread = 1.645 * Math.sqrt(n * 0.05 * 0.95);
      assert.ok(Math.abs(aboveMax(n) - n * 0.05 - spread) < 2);
      assert.ok(Math.abs(upperFromTop(n) - n * 0.05 + spread) < 2);
    }),
  );
});

test("more than any slot can hold is no trouble", () => {
  assert.equal(aboveMax(1_000_000), Math.round(50_000 + 1.645 * Math.sqrt(47_500)));
});
