import assert from "node:assert/strict";
import { test } from "node:test";
import { spreadOf } from "./spread.ts";

test("each figure is one that was measured, by nearest rank", () => {
  assert.equal(spreadOf([]), undefined);
  assert.deepEqual(spreadOf([7]), { min: 7, median: 7, p99: 7, max: 7 });
  assert.deepEqual(spreadOf([30, 10, 20]), { min: 10, median: 20, p99: 30, max: 30 });
  const hundred = Array.from({ length: 200 }, (_, index) => 200 - index);
  assert.deepEqual(spreadOf(hundred), { min: 1, median: 100, p99: 198, max: 200 });
});
