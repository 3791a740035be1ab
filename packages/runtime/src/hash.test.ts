import assert from "node:assert/strict";
import { test } from "node:test";
import { xxh32 } from "./hash.ts";

test("xxh32 gives what every other implementation gives, unsigned, also beyond ASCII", () => {
  assert.equal(xxh32("user-00000000001", 7), 464960435);
  assert.equal(xxh32("ünïcode", 7), 465322246);
  assert.equal(xxh32("", 7), 3618484216);
});
