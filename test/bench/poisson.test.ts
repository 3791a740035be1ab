import assert from "node:assert/strict";
import { test } from "node:test";
import { chanceOfAtLeast, poissonUpper95 } from "./poisson.ts";

test("the rate that so few events exclude, by the tables (Garwood 1936)", () => {
  const table = [
    [0, 2.996],
    [1, 4.744],
    [10, 16.962],
    [50, 63.287],
  ] as const;
  for (const [count, mean] of table) assert.ok(Math.abs(poissonUpper95(count) - mean) < 0.001, `${count}`);
});

test("how likely so many are", () => {
  assert.equal(chanceOfAtLeast(0, 3), 1);
  assert.equal(chanceOfAtLeast(1, 0), 0);
  assert.ok(Math.abs(chanceOfAtLeast(1, 0.16) - 0.1479) < 0.0001);
});
