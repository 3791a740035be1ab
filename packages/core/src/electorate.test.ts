import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNotElectorate } from "./electorate.ts";

test("one domain a revision may join or leave, and no more", () => {
  assert.equal(whyNotElectorate(["a", "b"], ["b", "a"]), undefined);
  assert.equal(whyNotElectorate(["a", "b"], ["a", "b", "c"]), undefined);
  assert.equal(whyNotElectorate(["a", "b", "c"], ["a", "b"]), undefined);
  assert.match(whyNotElectorate(["a", "b"], ["a", "c"]) ?? "", /\+c -b/);
  assert.match(whyNotElectorate(["a"], ["a", "b", "c"]) ?? "", /\+b \+c/);
});
