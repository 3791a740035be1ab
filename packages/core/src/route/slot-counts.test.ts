import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { slotCount } from "./route.ts";
import { slotCounts } from "./slot-counts.ts";
import { anyWeights } from "./test-slots.ts";

const countsOf = (weights: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(slotCounts(Object.entries(weights).map(([name, weight]) => ({ name, weight }))));

test("weights are relative, also where they are no whole numbers", () => {
  for (const [weights, counts] of [
    [
      { stable: 90, canary: 10 },
      { stable: 9_000, canary: 1_000 },
    ],
    [
      { stable: 9, canary: 1 },
      { stable: 9_000, canary: 1_000 },
    ],
    [
      { stable: 57, canary: 43 },
      { stable: 5_700, canary: 4_300 },
    ],
    [
      { stable: 0.1, canary: 0.2, next: 0.7 },
      { stable: 1_000, canary: 2_000, next: 7_000 },
    ],
    [
      { stable: 99.99, canary: 0.01 },
      { stable: 9_999, canary: 1 },
    ],
    [
      { stable: 1, canary: 1, next: 1 },
      { stable: 3_334, canary: 3_333, next: 3_333 },
    ],
    [
      { stable: 100, canary: 0 },
      { stable: 10_000, canary: 0 },
    ],
    [
      { stable: 0, canary: 1e-9 },
      { stable: 0, canary: 10_000 },
    ],
    [
      { stable: 99_999, canary: 1 },
      { stable: 10_000, canary: 0 },
    ],
  ] as const) {
    assert.deepEqual(countsOf(weights), counts);
  }
});

test("nobody is off by a whole slot, the sum is exact, and 0 stays 0", () => {
  fc.assert(
    fc.property(anyWeights, (weights) => {
      const counts = slotCounts(weights);
      const sum = weights.reduce((total, { weight }) => total + weight, 0);
      assert.equal(
        [...counts.values()].reduce((total, count) => total + count, 0),
        slotCount,
      );
      for (const { name, weight } of weights) {
        const count = counts.get(name) ?? Number.NaN;
        assert.ok(Math.abs(count - (weight / sum) * slotCount) < 1, `${name}: ${count}`);
        assert.ok(weight > 0 || count === 0);
      }
    }),
  );
});

test("raising one weight alone never costs that channel a slot", () => {
  fc.assert(
    fc.property(anyWeights, fc.nat(), fc.integer({ min: 1, max: 50 }), (weights, pick, more) => {
      const name = weights[pick % weights.length]?.name ?? "";
      const raised = weights.map((each) => (each.name === name ? { name, weight: each.weight + more } : each));
      assert.ok((slotCounts(raised).get(name) ?? 0) >= (slotCounts(weights).get(name) ?? 0));
    }),
  );
});

test("weights that say nothing are our own mistake", () => {
  for (const weights of [{}, { stable: 0 }, { stable: Number.NaN }, { stable: 1 / 0 }, { stable: 3, canary: -1 }]) {
    assert.throws(() => countsOf(weights), /^Error: invariant: /);
  }
});
