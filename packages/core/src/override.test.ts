import assert from "node:assert/strict";
import { test } from "node:test";
import { epochMs } from "./model.ts";
import { isExpired, type Override, overlay } from "./override.ts";
import { onSite } from "./placement.ts";

const over = (kind: Override["kind"], site: string): Override => ({
  id: `${kind}-${site}`,
  kind,
  site,
  setAt: epochMs(0),
  until: epochMs(10),
  by: "anna",
  reason: "test",
});

test("a pin wins, a drain hands on, and draining everything leaves the base", () => {
  const base = onSite("a");
  assert.deepEqual(overlay(base, [], ["b"]), base);
  assert.deepEqual(overlay(base, [over("drain", "a"), over("pin", "a")], ["b"]), base);
  assert.deepEqual(overlay(base, [over("pin", "a"), over("pin", "b")], []), onSite("b"));
  assert.deepEqual(overlay(base, [over("drain", "a")], ["a", "b"]), onSite("b"));
  assert.deepEqual(overlay(base, [over("drain", "a"), over("drain", "b")], ["a", "b"]), base);
  const both = {
    kind: "sites",
    shares: [
      { site: "a", share: 80 },
      { site: "b", share: 20 },
    ],
  } as const;
  assert.deepEqual(overlay(both, [over("drain", "a")], []), { kind: "sites", shares: [{ site: "b", share: 20 }] });
});

test("an override has expired from its date on", () => {
  assert.equal(isExpired(over("pin", "a"), epochMs(9)), false);
  assert.equal(isExpired(over("pin", "a"), epochMs(10)), true);
});
