import assert from "node:assert/strict";
import { test } from "node:test";
import { majority } from "./quorum.ts";

test("the majority of 1 to 9 domains, and two disjoint majorities never fit", () => {
  const table = [1, 2, 2, 3, 3, 4, 4, 5, 5];
  for (const [index, votes] of table.entries()) {
    assert.equal(majority(index + 1), votes);
    assert.ok(2 * votes > index + 1);
  }
  for (const domains of [0, 10, 1.5]) assert.throws(() => majority(domains), RangeError);
});
