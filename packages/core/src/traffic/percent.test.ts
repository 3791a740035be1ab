import assert from "node:assert/strict";
import { test } from "node:test";
import { percent } from "./percent.ts";

for (const [share, text] of [
  [0, "0 %"],
  [0.0004, "0.04 %"],
  [0.004, "0.4 %"],
  [0.0123, "1.2 %"],
  [0.123, "12 %"],
  [1, "100 %"],
] as const) {
  test(`${share} is ${text}`, () => assert.equal(percent(share), text));
}
