import assert from "node:assert/strict";
import { test } from "node:test";
import type { Opinion } from "./model.ts";
import { tally } from "./tally.ts";
import { noVerdict, type Verdict, verdict } from "./verdict.ts";

const electorate = ["site-a", "site-b", "witness"];
const count = (opinions: readonly Opinion[]) =>
  tally(
    opinions.map((opinion, at) => ({
      agent: `agent-${at}`,
      domain: electorate[at] ?? "",
      target: "edge:site-a",
      opinion,
    })),
    electorate,
    "site-a",
  );
const healthy: Verdict = { kind: "healthy", because: "majority" };
const down: Verdict = { kind: "down", because: "majority" };

/** Votes of the inside agent first, then the two outsiders. */
const table: readonly [readonly Opinion[], Verdict, string][] = [
  [["unknown", "down", "down"], healthy, "down majority"],
  [["down", "down", "healthy"], healthy, "down majority"],
  [["down", "down", "down"], healthy, "down majority"],
  [["down", "unknown", "unknown"], healthy, "unknown too-few-fresh"],
  [["unknown", "unknown", "unknown"], down, "unknown too-few-fresh"],
  [["down", "healthy", "healthy"], healthy, "degraded inside-only"],
  [["healthy", "healthy", "down"], down, "healthy majority"],
  [["unknown", "healthy", "healthy"], noVerdict, "healthy majority"],
  [["healthy", "degraded", "degraded"], healthy, "degraded failing-looks"],
  [["healthy", "degraded", "down"], healthy, "degraded failing-looks"],
  [["unknown", "healthy", "down"], healthy, "healthy split"],
  [["unknown", "healthy", "down"], down, "down split"],
  [["unknown", "healthy", "down"], noVerdict, "unknown split"],
];

for (const [votes, before, expected] of table) {
  test(`${votes.join(", ")} after ${before.kind} is ${expected}`, () => {
    const after = verdict(count(votes), before);
    assert.equal(`${after.kind} ${after.because}`, expected);
  });
}

test("several agents of one domain are one vote, down only if all of them say so", () => {
  const votes = (["down", "healthy"] as const).map((opinion, at) => ({
    agent: `agent-${at}`,
    domain: "witness",
    target: "edge:site-a",
    opinion,
  }));
  assert.equal(tally(votes, electorate, "site-a").byDomain["witness"], "healthy");
  const stranger = votes.map((vote) => ({ ...vote, domain: "elsewhere" }));
  assert.equal(tally(stranger, electorate, "site-a").unknown, 3);
});
