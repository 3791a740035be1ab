import assert from "node:assert/strict";
import { test } from "node:test";
import { epochMs } from "./model.ts";
import { isDrained, isExpired, isFrozen, type Override, overlay, overridesOf, pinOf, undrained } from "./override.ts";
import { onSite, type Placement } from "./placement.ts";

const over = (kind: Override["kind"], site?: string, service?: string): Override => ({
  id: `${kind}-${site}`,
  kind,
  ...(site === undefined ? {} : { site }),
  ...(service === undefined ? {} : { service }),
  setAt: epochMs(0),
  until: epochMs(10),
  by: "anna",
  reason: "test",
});
const both: Placement = {
  kind: "sites",
  shares: [
    { site: "a", share: 80 },
    { site: "b", share: 20 },
  ],
};
const [a, b] = [onSite("a"), onSite("b")];
const open: Placement = { kind: "open", sites: ["a", "b"] };
const sorry: Placement = { kind: "sorry" };

const table: readonly [string, Placement, readonly Override[], Placement | undefined, Placement][] = [
  ["nothing is said: the base", a, [], b, a],
  ["a pin wins over a drain of the same site", a, [over("drain", "a"), over("pin", "a")], b, a],
  ["the last pin wins", a, [over("pin", "a"), over("pin", "b")], undefined, b],
  ["a drain hands on to the standby", a, [over("drain", "a")], b, b],
  ["a drain without a standby leaves the base", a, [over("drain", "a")], undefined, a],
  ["a drain elsewhere changes nothing", a, [over("drain", "b")], b, a],
  ["a freeze changes nothing", a, [over("freeze")], b, a],
  [
    "a drained share goes to the rest",
    both,
    [over("drain", "a")],
    a,
    { kind: "sites", shares: [{ site: "b", share: 20 }] },
  ],
  ["failing open leaves drained sites out", open, [over("drain", "a")], b, { kind: "open", sites: ["b"] }],
  ["the sorry address can't be drained", sorry, [over("drain", "a")], b, sorry],
];

for (const [name, base, overrides, standby, expected] of table) {
  test(name, () => assert.deepEqual(overlay(base, overrides, standby), expected));
}

test("draining all of a placement leaves nothing of it", () => {
  assert.equal(undrained(both, [over("drain", "a"), over("drain", "b")]), undefined);
  assert.equal(undrained(open, [over("drain", "a"), over("drain", "b")]), undefined);
});

test("an override without a service bears on every one", () => {
  const [all, one] = [over("drain", "a"), over("pin", "a", "chat")];
  assert.deepEqual(overridesOf([all, one], "chat"), [all, one]);
  assert.deepEqual(overridesOf([all, one], "embed"), [all]);
  assert.deepEqual([isDrained([all], "a"), isDrained([all], "b")], [true, false]);
  assert.deepEqual([isFrozen([all]), isFrozen([over("freeze")])], [false, true]);
  assert.equal(pinOf([all, one]), one);
});

test("an override has expired from its date on", () => {
  assert.equal(isExpired(over("pin", "a"), epochMs(9)), false);
  assert.equal(isExpired(over("pin", "a"), epochMs(10)), true);
});
