import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { monoMs } from "../model.ts";
import { type EndpointHealth, type EndpointOutcome, watchEndpoints } from "./endpoint-health.ts";

const four = ["a:1", "b:1", "c:1", "d:1"];
const notes = (health: EndpointHealth, endpoint: number, text: string, atMs = 0): void => {
  const outcomes = { ".": "good", x: "failed", r: "refused" } as const satisfies Record<string, EndpointOutcome>;
  for (const letter of text) health.note(endpoint, outcomes[letter as keyof typeof outcomes], monoMs(atMs));
};
const admitted = (health: EndpointHealth, atMs: number, count = 4): string =>
  Array.from({ length: count }, (_, index) => (health.admits(index, monoMs(atMs)) ? "." : "x")).join("");

const table = [
  ["xxxx", "...."],
  ["xxxx.xxxx", "...."],
  ["xxxxx", "x..."],
  ["r", "...."],
  ["r.r", "...."],
  ["rxr", "...."],
  ["rr", "x..."],
  ["xxxrx", "x..."],
] as const;
for (const [text, expected] of table) {
  test(`after "${text}" on the first, "${expected}" may be picked`, () => {
    const health = watchEndpoints(four);
    notes(health, 0, text);
    assert.equal(admitted(health, 1), expected);
  });
}

test("ejected for 30 s, 60 s, and so on up to 300 s; each time one request tries it", () => {
  const health = watchEndpoints(four);
  notes(health, 0, "xxxxx");
  let at = 0;
  for (const seconds of [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300]) {
    assert.equal(admitted(health, at + seconds * 1_000 - 1), "x...", `${seconds} s`);
    at += seconds * 1_000;
    assert.equal(admitted(health, at), "....");
    health.take(0, monoMs(at));
    assert.equal(admitted(health, at), "x...");
    notes(health, 0, "x", at);
    assert.equal(admitted(health, at), "x...");
  }
});

test("a trial that succeeds brings it back, and one without an outcome is followed by another", () => {
  const health = watchEndpoints(four);
  notes(health, 0, "xxxxx");
  health.take(0, monoMs(30_000));
  assert.equal(admitted(health, 39_999), "x...");
  assert.equal(admitted(health, 40_000), "....");
  notes(health, 0, ".", 40_000);
  assert.deepEqual([admitted(health, 40_000), health.ejected], ["....", 0]);
  notes(health, 0, "xxxx", 40_001);
  assert.equal(admitted(health, 40_001), "....");
});

test("answers to what was sent before it was ejected change nothing", () => {
  const health = watchEndpoints(four);
  notes(health, 0, "xxxxxxxxxx");
  notes(health, 0, ".", 1_000);
  assert.equal(admitted(health, 29_999), "x...");
  assert.equal(admitted(health, 30_000), "....");
});

test("after 5 min without, the next ejection is a first one again", () => {
  const health = watchEndpoints(four);
  notes(health, 0, "xxxxx");
  notes(health, 0, "x", 30_000);
  notes(health, 0, ".", 90_000);
  notes(health, 0, "xxxxx", 389_999);
  assert.equal(admitted(health, 389_999 + 89_999), "x...");
  notes(health, 0, ".", 480_000);
  notes(health, 0, "xxxxx", 780_000);
  assert.equal(admitted(health, 810_000), "....");
});

const panicTable = [
  ["two of four fail", ["xxxxx", "xxxxx"], "xx.."],
  ["three of four fail: it's the pool, so all are used", ["xxxxx", "xxxxx", "xxxxx"], "...."],
  ["three of four, one of which refuses", ["xxxxx", "rr", "xxxxx"], ".x.."],
  ["all refuse: there is nothing to pick", ["rr", "rr", "rr", "rr"], "xxxx"],
  ["all fail", ["xxxxx", "xxxxx", "xxxxx", "xxxxx"], "...."],
] as const;
for (const [name, texts, expected] of panicTable) {
  test(`${name}: ${expected}`, () => {
    const health = watchEndpoints(four);
    for (const [index, text] of texts.entries()) notes(health, index, text);
    assert.equal(admitted(health, 1), expected);
  });
}

test("one endpoint alone is used however it fails, unless it refuses", () => {
  const health = watchEndpoints(["a:1"]);
  notes(health, 0, "xxxxx");
  assert.equal(admitted(health, 1, 1), ".");
  notes(health, 0, "rr", 2);
  assert.equal(admitted(health, 3, 1), "x");
  assert.equal(admitted(health, 30_000, 1), ".");
});

test("an address that stays in the list keeps what is held against it", () => {
  const health = watchEndpoints(four);
  notes(health, 1, "xxxxx");
  const next = watchEndpoints(["e:1", "d:1", "b:1"], health);
  assert.deepEqual([admitted(next, 1, 3), next.ejected], ["..x", 1]);
  assert.equal(admitted(watchEndpoints(["a:1", "e:1"], health), 1, 2), "..");
});

test("what isn't in the list is nothing", () => {
  const health = watchEndpoints(four);
  health.note(9, "refused", monoMs(0));
  health.take(9, monoMs(0));
  assert.ok(!health.admits(9, monoMs(0)));
});

test("whatever happens, something may be picked that doesn't refuse, and none stays out for ever", () => {
  const happening = fc.record({
    endpoint: fc.nat(3),
    outcome: fc.constantFrom<EndpointOutcome>("good", "failed", "failed"),
    afterMs: fc.nat(20_000),
  });
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 200 }), (happenings) => {
      const health = watchEndpoints(four);
      let at = 0;
      for (const { endpoint, outcome, afterMs } of happenings) {
        at += afterMs;
        health.take(endpoint, monoMs(at));
        health.note(endpoint, outcome, monoMs(at));
        assert.ok(admitted(health, at).includes("."));
        assert.ok(health.ejected >= 0 && health.ejected <= 4);
      }
      assert.equal(admitted(health, at + 300_000), "....");
    }),
  );
});
