import assert from "node:assert/strict";
import { test } from "node:test";
import type { Opinion } from "./model.ts";
import { bestTarget, type Candidate, rankOf } from "./rank.ts";

type Trait = "quarantined" | "drained";
function candidate(site: string, kind: Opinion, ...traits: readonly Trait[]): Candidate {
  const health = { site, kind, because: "majority", target: `edge:${site}`, healthyForMs: 0 } as const;
  return { health, isQuarantined: traits.includes("quarantined"), isDrained: traits.includes("drained") };
}

const ranks: readonly [Opinion, readonly Trait[], string | undefined][] = [
  ["healthy", [], "healthy"],
  ["healthy", ["quarantined"], "quarantined"],
  ["healthy", ["drained"], undefined],
  ["degraded", [], "degraded"],
  ["degraded", ["quarantined"], undefined],
  ["unknown", [], undefined],
  ["down", [], undefined],
];

for (const [kind, traits, expected] of ranks) {
  test(`${kind} ${traits.join(" ")} ranks ${expected ?? "nowhere"}`, () => {
    assert.equal(rankOf(candidate("a", kind, ...traits)), expected);
  });
}

const a = candidate("a", "healthy", "quarantined");
const b = candidate("b", "degraded");
const c = candidate("c", "healthy");
const d = candidate("d", "healthy");

test("the best rank wins, then the order of preference", () => {
  assert.deepEqual(bestTarget([a, b, c, d], "down"), { site: "c", rank: "healthy" });
  assert.deepEqual(bestTarget([a, b], "down"), { site: "b", rank: "degraded" });
  assert.deepEqual(bestTarget([a], "down"), { site: "a", rank: "quarantined" });
  assert.equal(bestTarget([candidate("e", "unknown")], "down"), undefined);
});

test("a site that has just tripped is not worth leaving a degraded one for, and better than a dead one", () => {
  const tripped = { ...c, hasTripped: true };
  assert.deepEqual(bestTarget([tripped, d], "degraded"), { site: "d", rank: "healthy" });
  assert.equal(bestTarget([tripped], "degraded"), undefined);
  assert.deepEqual(bestTarget([tripped, d], "down"), { site: "c", rank: "healthy" });
});

test("only a healthy site is worth leaving a degraded one for", () => {
  assert.equal(bestTarget([a, b], "degraded"), undefined);
  assert.deepEqual(bestTarget([a, b, d], "degraded"), { site: "d", rank: "healthy" });
});
