import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPlacement, onSite, type Placement, samePlacement, sitesOf } from "./placement.ts";

const two: Placement = {
  kind: "sites",
  shares: [
    { site: "a", share: 80 },
    { site: "b", share: 20 },
  ],
};
const table: readonly [Placement, string, readonly string[]][] = [
  [onSite("a"), "a", ["a"]],
  [two, "a 80, b 20", ["a", "b"]],
  [{ kind: "open", sites: ["a", "b"] }, "all of a, b", ["a", "b"]],
  [{ kind: "sorry" }, "the sorry address", []],
];

for (const [placement, text, sites] of table) {
  test(`${text} reads so, and names its sites`, () => {
    assert.equal(formatPlacement(placement), text);
    assert.deepEqual(sitesOf(placement), sites);
    for (const [other] of table) assert.equal(samePlacement(placement, other), placement === other);
  });
}

test("all traffic on one site is the same whatever the number", () => {
  assert.ok(samePlacement(onSite("a"), { kind: "sites", shares: [{ site: "a", share: 80 }] }));
});
