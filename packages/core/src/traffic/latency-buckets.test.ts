import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  bucketCount,
  bucketOf,
  cellCount,
  cellOf,
  countAbove,
  countIn,
  fromTop,
  msOf,
  stratumOf,
} from "./latency-buckets.ts";

test("a bucket's middle is within 1 % of what fell into it", () => {
  fc.assert(
    fc.property(fc.double({ min: 1.001, max: 600_000, noNaN: true }), (ms) => {
      assert.ok(Math.abs(msOf(bucketOf(ms)) / ms - 1) < 0.01, `${ms} became ${msOf(bucketOf(ms))}`);
    }),
  );
});

test("what is shorter or longer than can be told falls into the first or the last", () => {
  for (const ms of [-1, 0, 0.5, 1]) assert.equal(bucketOf(ms), 0);
  for (const ms of [700_000, 1e12, Infinity]) assert.equal(bucketOf(ms), bucketCount - 1);
});

test("requests are told apart by their size", () => {
  assert.deepEqual([0, 4_096, 4_097, 16_384, 65_536, 65_537, 1e9].map(stratumOf), [0, 0, 1, 1, 2, 3, 3]);
});

test("counts of a stratum: all, above a limit, and from the top", () => {
  const cells = new Uint32Array(cellCount);
  for (const ms of [100, 200, 400, 800, 1_600]) cells[cellOf(1, bucketOf(ms))] = 10;
  cells[cellOf(2, bucketOf(5_000))] = 7;
  assert.deepEqual(
    [0, 1, 2].map((stratum) => countIn(cells, stratum)),
    [0, 50, 7],
  );
  assert.deepEqual(
    [0, 300, 1_000, 9_000].map((ms) => countAbove(cells, 1, ms)),
    [50, 30, 10, 0],
  );
  assert.deepEqual(
    [1, 10, 11, 50].map((count) => Math.round(fromTop(cells, 1, count) / 100)),
    [16, 16, 8, 1],
  );
});
