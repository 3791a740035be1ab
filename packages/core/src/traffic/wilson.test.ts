import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { wilsonLower } from "./wilson.ts";

/** How many failures it takes until the bound exceeds a rate: the whole table of reference l7 §3.4. */
const table = [
  { rate: 0.05, needed: { 20: 4, 30: 5, 50: 7, 100: 11, 200: 18, 500: 37, 1000: 67 } },
  { rate: 0.1, needed: { 20: 6, 50: 10, 100: 17, 500: 66 } },
  { rate: 0.02, needed: { 100: 6, 500: 18 } },
] as const;

for (const { rate, needed } of table) {
  for (const [n, failures] of Object.entries(needed)) {
    test(`of ${n} requests ${failures} failures are the fewest that show more than ${rate * 100} %`, () => {
      assert.ok(wilsonLower(failures, Number(n)) > rate);
      assert.ok(wilsonLower(failures - 1, Number(n)) <= rate);
    });
  }
}

test("nothing seen, or nothing failed, shows nothing", () => {
  assert.deepEqual([wilsonLower(0, 0), wilsonLower(0, 1_000)], [0, 0]);
});

const counts = fc
  .integer({ min: 1, max: 100_000 })
  .chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)));

test("the bound lies below the share, and rises with every failure", () => {
  fc.assert(
    fc.property(counts, ([failures, n]) => {
      const bound = wilsonLower(failures, n);
      assert.ok(bound >= 0 && bound <= failures / n);
      if (failures < n) assert.ok(wilsonLower(failures + 1, n) > bound);
    }),
  );
});

test("the same share of more requests shows more, and more certainty asked for shows less", () => {
  fc.assert(
    fc.property(counts, ([failures, n]) => {
      assert.ok(wilsonLower(failures * 2, n * 2) >= wilsonLower(failures, n));
      assert.ok(wilsonLower(failures, n, 5) <= wilsonLower(failures, n));
    }),
  );
});
