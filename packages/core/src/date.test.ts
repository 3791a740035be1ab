import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatDate } from "./date.ts";
import { epochMs } from "./model.ts";

test("dates read as Date.toISOString writes them", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (at) => {
      assert.equal(formatDate(epochMs(at)), new Date(at).toISOString());
    }),
  );
});
