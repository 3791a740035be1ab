import assert from "node:assert/strict";
import { test } from "node:test";
import { monoMs } from "../model.ts";
import { makePoolLooks } from "./pool-looks.ts";

for (const [goodInRow, failedInRow, expected] of [
  [5, 0, "good"],
  [4, 0, "short"],
  [0, 1, "short"],
  [0, 0, "short"],
] as const) {
  test(`${goodInRow} good and ${failedInRow} failed in a row are ${expected}, and nothing after 15 s`, () => {
    const looks = makePoolLooks();
    assert.equal(looks.now(monoMs(0)), "none");
    looks.see({ target: "pool:chat/stable@site-a", goodInRow, failedInRow }, monoMs(0));
    assert.deepEqual([looks.now(monoMs(15_000)), looks.failedInRow(monoMs(15_000))], [expected, failedInRow]);
    assert.deepEqual([looks.now(monoMs(15_001)), looks.failedInRow(monoMs(15_001))], ["none", 0]);
  });
}
