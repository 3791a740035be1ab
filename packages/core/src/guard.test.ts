import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNotFloor } from "./guard.ts";
import type { Opinion } from "./model.ts";
import { onSite, type Placement } from "./placement.ts";

const [healthy, degraded, unknown, down] = ["healthy", "degraded", "unknown", "down"] as const;
const sorry: Placement = { kind: "sorry" };
const open: Placement = { kind: "open", sites: ["a", "b"] };
const both: Placement = { kind: "sites", shares: ["a", "b"].map((site) => ({ site, share: 1 })) };
const [a, b] = [onSite("a"), onSite("b")];

const floors: readonly [Placement, Placement, Opinion, Opinion, string | undefined][] = [
  [a, b, healthy, healthy, undefined],
  [a, b, healthy, degraded, undefined],
  [a, b, healthy, unknown, "last-serving-site"],
  [a, b, healthy, down, "last-serving-site"],
  [a, b, degraded, unknown, "last-serving-site"],
  [a, b, unknown, unknown, undefined],
  [a, b, down, unknown, undefined],
  [a, b, down, down, "last-serving-site"],
  [both, b, healthy, healthy, undefined],
  [both, b, healthy, down, "last-serving-site"],
  [both, b, down, unknown, undefined],
  [a, both, down, healthy, undefined],
  [a, both, down, down, "last-serving-site"],
  [a, open, down, down, undefined],
  [a, sorry, down, down, undefined],
  [sorry, a, down, down, "last-serving-site"],
  [sorry, a, unknown, down, undefined],
  [open, b, healthy, healthy, undefined],
];

for (const [from, to, atA, atB, expected] of floors) {
  test(`${JSON.stringify(from)} to ${JSON.stringify(to)}, a ${atA}, b ${atB}: ${expected ?? "may"}`, () => {
    const healthOf = (site: string): Opinion => (site === "a" ? atA : atB);
    assert.equal(whyNotFloor({ from, to, addresses: 1, healthOf })?.rule, expected);
    assert.equal(whyNotFloor({ from, to, addresses: 0, healthOf })?.rule, "never-empty");
  });
}
