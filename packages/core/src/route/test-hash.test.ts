import assert from "node:assert/strict";
import { test } from "node:test";
import { testHash } from "./test-hash.ts";

test("the tests' hash is xxh32", () => {
  assert.equal(testHash("user-00000000001", 7), 464960435);
  assert.equal(testHash("ünïcode", 7), 465322246);
  assert.equal(testHash("", 7), 3618484216);
});
