import assert from "node:assert/strict";
import { test } from "node:test";
import { isLatching, recentMoves, whyNotBrake, whyNotFloor, whyNotSecondSite } from "./guard.ts";
import { epochMs, type Opinion } from "./model.ts";
import { onSite, type Placement } from "./placement.ts";

const [healthy, degraded, unknown, down] = ["healthy", "degraded", "unknown", "down"] as const;
const sorry: Placement = { kind: "sorry" };
const open: Placement = { kind: "open", sites: ["a", "b"] };
const both: Placement = { kind: "sites", shares: ["a", "b"].map((site) => ({ site, share: 1 })) };
const [a, b] = [onSite("a"), onSite("b")];

const floors: readonly [Placement, Placement, Opinion, Opinion, string | undefined][] = [
  [a, b, healthy, healthy, undefined],
  [a, b, healthy, degraded, undefined],
  [a, b, healthy, unknown, "last-serving-site"],
  [a, b, healthy, down, "last-serving-site"],
  [a, b, degraded, unknown, "last-serving-site"],
  [a, b, unknown, unknown, undefined],
  [a, b, down, unknown, undefined],
  [a, b, down, down, "last-serving-site"],
  [both, b, healthy, healthy, undefined],
  [both, b, healthy, down, "last-serving-site"],
  [both, b, down, unknown, undefined],
  [a, both, down, healthy, undefined],
  [a, both, down, down, "last-serving-site"],
  [a, open, down, down, undefined],
  [a, sorry, down, down, undefined],
  [sorry, a, down, down, "last-serving-site"],
  [sorry, a, unknown, down, undefined],
  [open, b, healthy, healthy, undefined],
];

for (const [from, to, atA, atB, expected] of floors) {
  test(`${JSON.stringify(from)} to ${JSON.stringify(to)}, a ${atA}, b ${atB}: ${expected ?? "may"}`, () => {
    const healthOf = (site: string): Opinion => (site === "a" ? atA : atB);
    assert.equal(whyNotFloor({ from, to, addresses: 1, healthOf })?.rule, expected);
    assert.equal(whyNotFloor({ from, to, addresses: 0, healthOf })?.rule, "never-empty");
  });
}

const settings = { cooldownMs: 60_000, movesPerHourMax: 2, readmitAfterMs: 1 };
const dates = (...at: readonly number[]) => at.map(epochMs);
const hour = 3_600_000;

const brakes: readonly [readonly number[], number | undefined, number, string | undefined][] = [
  [[], undefined, 0, undefined],
  [[0], undefined, 59_999, "cool-down"],
  [[0], undefined, 60_000, undefined],
  [[0, 90_000], undefined, 100_000, "cool-down"],
  [[0], 0, 10 * hour, "moves-per-hour"],
  // The clock stepped back behind the move: nobody knows how long ago it was, and waiting for its date could take for ever.
  [[50_000], undefined, 10_000, undefined],
];

for (const [moves, latchedAt, now, expected] of brakes) {
  test(`moves at ${moves.join(", ")}, latched ${latchedAt ?? "never"}, now ${now}: ${expected ?? "free"}`, () => {
    const state = { moves: dates(...moves), ...(latchedAt === undefined ? {} : { latchedAt: epochMs(latchedAt) }) };
    assert.equal(whyNotBrake(state, epochMs(now), settings)?.rule, expected);
  });
}

test("moves of the last hour latch, older ones don't, and future ones count", () => {
  assert.equal(isLatching(dates(0, 1), epochMs(10), settings), true);
  assert.equal(isLatching(dates(0, hour), epochMs(hour), settings), false);
  assert.deepEqual(recentMoves(dates(0, 5, 9_000), epochMs(hour + 1)), [5, 9_000]);
  assert.deepEqual(recentMoves(dates(20), epochMs(10)), [10]);
});

test("a second site is held for 10 minutes while something healthy answers; the same site and old losses are not", () => {
  const left = [{ site: "a", since: epochMs(1_000) }];
  const ask = (site: string, now: number, ...answered: readonly Opinion[]) =>
    whyNotSecondSite(site, left, { now: epochMs(now), answered })?.rule;
  assert.equal(ask("b", 2_000, down, healthy), "second-site");
  assert.equal(ask("b", 600_999, down, healthy), "second-site");
  assert.equal(ask("b", 601_000, down, healthy), undefined);
  assert.equal(ask("b", 2_000, down, degraded), undefined);
  assert.equal(ask("a", 2_000, down, healthy), undefined);
  assert.equal(ask("b", 0, down, healthy), undefined, "a loss in the future is none");
});
