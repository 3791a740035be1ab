import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isLatching, recentAges, whyNotAgain, whyNotBudget, whyNotCapacity, whyNotSecondSite } from "./brake.ts";
import type { Opinion } from "./model.ts";

const [healthy, degraded, down] = ["healthy", "degraded", "down"] as const;
const settings = { cooldownMs: 60_000, movesPerHourMax: 2, movedShareMax: 0.25 };
const hour = 3_600_000;

const again: readonly [readonly number[], boolean, string | undefined, number?][] = [
  [[], false, undefined],
  [[0], false, "cool-down", 60_000],
  [[59_999], false, "cool-down", 1],
  [[60_000], false, undefined],
  [[90_000, 10_000], false, "cool-down", 50_000],
  [[10 * hour], true, "moves-per-hour"],
];

for (const [agesMs, isLatched, rule, leftMs] of again) {
  test(`moved ${agesMs.join(", ")} ms ago${isLatched ? ", latched" : ""}: ${rule ?? "free"}`, () => {
    const why = whyNotAgain({ agesMs, isLatched }, settings);
    assert.deepEqual([why?.rule, why?.leftMs], [rule, leftMs]);
  });
}

test("moves of the last hour latch, older ones don't", () => {
  assert.equal(isLatching([0, 1], settings), true);
  assert.equal(isLatching([0, hour], settings), false);
});

test("a second site is held for 10 minutes while something healthy answers; the same site and old losses are not", () => {
  const ask = (site: string, agoMs: number, ...answered: readonly Opinion[]) =>
    whyNotSecondSite(site, [["a", agoMs]], answered)?.rule;
  assert.equal(ask("b", 1_000, down, healthy), "second-site");
  assert.equal(ask("b", 599_999, down, healthy), "second-site");
  assert.equal(ask("b", 600_000, down, healthy), undefined);
  assert.equal(ask("b", 1_000, down, degraded), undefined);
  assert.equal(ask("a", 1_000, down, healthy), undefined);
});

test("the change budget lets a quarter of the services move within 10 minutes, and one at least", () => {
  const ask = (services: number, ...agesMs: readonly number[]) => whyNotBudget(recentAges(agesMs), services, settings);
  assert.equal(ask(1), undefined);
  assert.equal(ask(3, 0)?.rule, "change-budget");
  assert.equal(ask(3, 600_000), undefined);
  assert.equal(ask(8, 0), undefined);
  assert.equal(ask(8, 0, 100_000)?.leftMs, 500_000);
  assert.equal(ask(8, 1_000, 0, 100_000)?.leftMs, 599_000, "until two of the three no longer count");
});

test("a service may move again just when the change budget says so, and no sooner", () => {
  const anyAges = fc.array(fc.nat({ max: 700_000 }), { maxLength: 20 });
  fc.assert(
    fc.property(anyAges, fc.integer({ min: 1, max: 40 }), (agesMs, services) => {
      const why = whyNotBudget(recentAges(agesMs), services, settings);
      const later = (ms: number) => recentAges(agesMs.map((ago) => ago + ms));
      if (!why) return;
      assert.ok(why.leftMs !== undefined && why.leftMs > 0);
      assert.equal(whyNotBudget(later(why.leftMs), services, settings), undefined);
      assert.notEqual(whyNotBudget(later(why.leftMs - 1), services, settings), undefined);
    }),
  );
});

test("a site gets no more than it can carry; without a capacity nothing is too much", () => {
  const ask = (load: number, capacity: number | undefined) => whyNotCapacity([{ site: "b", load, capacity }]);
  assert.equal(ask(100, 100), undefined);
  assert.equal(ask(1_000_000, undefined), undefined);
  assert.equal(ask(130.004, 100)?.because, "b would carry 130 and has a capacity of 100");
});
