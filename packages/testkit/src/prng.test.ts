import assert from "node:assert/strict";
import { test } from "node:test";
import { draw, makePrng } from "./prng.ts";

// What the authors' C code answers from the state 1, 2, 3, 4.
const published = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804];

test("the steps are those of xoshiro128**", () => {
  const state: [number, number, number, number] = [1, 2, 3, 4];
  assert.deepEqual(
    published.map(() => draw(state)),
    published,
  );
});

const first = (seed: number, count: number): number[] => {
  const prng = makePrng(seed);
  return Array.from({ length: count }, () => prng.next());
};

test("same seed, same numbers; neighbouring seeds share none", () => {
  assert.deepEqual(first(7, 100), first(7, 100));
  const all = [0, 1, 2, 3].flatMap((seed) => first(seed, 100));
  assert.equal(new Set(all).size, all.length);
});

test("numbers lie in [0, 1) and are spread evenly", () => {
  const tenths = Array.from({ length: 10 }, () => 0);
  for (const value of first(42, 10_000)) {
    assert.ok(value >= 0 && value < 1);
    const tenth = Math.floor(value * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  // Each count has a standard deviation of 30.
  for (const count of tenths) assert.ok(Math.abs(count - 1_000) < 150, String(tenths));
});
