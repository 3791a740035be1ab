import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { combineTraffic, sendsElsewhere, type Voice } from "./combine-traffic.ts";
import { type TrafficState, trafficStates } from "./report.ts";

/** One letter a voice: tripped, recovering, suspect, healthy, insufficient-data; `n` was healthy when its traffic thinned out. */
const stateOf = {
  t: "tripped",
  r: "recovering",
  s: "suspect",
  h: "healthy",
  i: "insufficient-data",
  n: "insufficient-data",
  b: "insufficient-data",
} as const satisfies Record<string, TrafficState>;
const lastOf: Readonly<Record<string, TrafficState>> = { n: "healthy", b: "tripped" };
const voices = (letters: string): readonly Voice[] =>
  letters.split("").map((letter, at) => {
    const lastJudged = lastOf[letter];
    const traffic = { state: stateOf[letter as keyof typeof stateOf], because: "3 of 9 failed" };
    return { name: `gw-${at}`, traffic, ...(lastJudged ? { lastJudged } : {}) };
  });

const table: readonly [string, TrafficState | undefined, string][] = [
  ["", undefined, "nobody speaks"],
  ["t", "tripped", "the only gateway is the site's word"],
  ["i", "insufficient-data", "too few requests are never called healthy"],
  ["n", "insufficient-data", "nor are they when it was healthy before"],
  ["th", "suspect", "one of two with a bad link: the other shows that the pool is well"],
  ["rh", "suspect", "as long as it tries anew"],
  ["ts", "suspect", "the other has not made up its mind"],
  ["tt", "tripped", "all who can judge say so"],
  ["tr", "tripped", "the slower one counts"],
  ["rr", "recovering", "both take users back"],
  ["ti", "tripped", "who never had requests enough doesn't object"],
  ["tn", "suspect", "who was well when its traffic thinned out goes on objecting: a quiet night moves nothing"],
  ["tb", "tripped", "who had tripped itself and lacks requests now doesn't object"],
  ["hi", "healthy", "one has requests enough"],
  ["hs", "suspect", "one bad evaluation shows"],
  ["ii", "insufficient-data", "none has"],
  ["tth", "suspect", "one that serves well is enough to object"],
];

for (const [letters, expected, why] of table) {
  test(`${letters || "none"} is ${expected}: ${why}`, () => {
    assert.equal(combineTraffic(voices(letters))?.state, expected);
  });
}

test("one voice is quoted as it is, several by name, and nothing gets too long for a vote", () => {
  assert.equal(combineTraffic(voices("t"))?.because, "3 of 9 failed");
  assert.equal(combineTraffic(voices("it"))?.because, "gw-1 tripped: 3 of 9 failed");
  assert.equal(
    combineTraffic(voices("tn"))?.because,
    "gw-0 tripped: 3 of 9 failed; but gw-1 insufficient-data, healthy before: 3 of 9 failed",
  );
  const long = voices("th").map((voice) => ({ ...voice, traffic: { ...voice.traffic, because: "x".repeat(200) } }));
  assert.equal(combineTraffic(long)?.because.length, 200);
});

const anyVoices = fc.array(
  fc
    .record({ state: fc.constantFrom(...trafficStates), lastJudged: fc.option(fc.constantFrom(...trafficStates)) })
    .map(({ state, lastJudged }) => ({
      name: "gw",
      traffic: { state, because: "" },
      ...(lastJudged === null ? {} : { lastJudged }),
    })),
  { maxLength: 5 },
);

test("a site testifies against itself only if one of its gateways does and none serves its users well, and it is healthy only if one says so", () => {
  fc.assert(
    fc.property(anyVoices, (all) => {
      const states = all.map(({ traffic }) => traffic.state);
      const state = combineTraffic(all)?.state;
      if (state && sendsElsewhere(state)) {
        assert.ok(states.some(sendsElsewhere));
        assert.ok(!states.includes("healthy") && !states.includes("suspect"));
      }
      if (state === "healthy") assert.ok(states.includes("healthy") && !states.some(sendsElsewhere));
    }),
  );
});
