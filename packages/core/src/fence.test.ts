import assert from "node:assert/strict";
import { test } from "node:test";
import { compareFence, formatFence, parseFence } from "./fence.ts";

const fence = (epoch: number, sequence: number, installation = "lab") => ({ installation, epoch, sequence });

test("fences order by epoch, then by sequence, and never across installations", () => {
  assert.equal(compareFence(fence(2, 1), fence(1, 9)), "newer");
  assert.equal(compareFence(fence(1, 9), fence(2, 1)), "older");
  assert.equal(compareFence(fence(1, 2), fence(1, 1)), "newer");
  assert.equal(compareFence(fence(1, 1), fence(1, 2)), "older");
  assert.equal(compareFence(fence(1, 1), fence(1, 1)), "equal");
  assert.equal(compareFence(fence(9, 9, "other"), fence(1, 1)), "foreign");
});

test("the text form reads back, and nothing else does", () => {
  assert.deepEqual(parseFence(formatFence(fence(3, 41))), fence(3, 41));
  for (const text of ["", "lab:3", "lab:3.", "LAB:3.41", "lab:-3.41", "lab:3.41 "])
    assert.equal(parseFence(text), undefined);
});
