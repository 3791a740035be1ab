import assert from "node:assert/strict";
import { test } from "node:test";
import type { Opinion } from "./model.ts";
import { tally } from "./tally.ts";
import type { Trip } from "./trip.ts";
import { isAlarmOnly, noVerdict, type Verdict, verdict, withOwnTraffic } from "./verdict.ts";

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

/** The insider is unsure, so an outsider that fell silent must not turn the alarm into a reason to move. */
test("an alarm stays an alarm when the vote splits", () => {
  const alarm: Verdict = { kind: "degraded", because: "inside-only" };
  assert.deepEqual(verdict(count(["unknown", "healthy", "down"]), alarm), alarm);
  assert.deepEqual(verdict(count(["down", "healthy", "unknown"]), alarm), alarm);
  assert.deepEqual(verdict(count(["down", "healthy", "unknown"]), healthy), alarm);
  assert.deepEqual(verdict(count(["down", "healthy", "unknown"]), down), { kind: "down", because: "split" });
});

const small: readonly [readonly string[], Readonly<Record<string, Opinion>>, string][] = [
  [["site-a"], { "site-a": "down" }, "degraded inside-only"],
  [["site-a"], { "site-a": "degraded" }, "degraded inside-only"],
  [["site-a"], {}, "unknown too-few-fresh"],
  [["site-a"], { "site-a": "healthy" }, "healthy majority"],
  [["witness"], { witness: "down" }, "degraded one-vantage"],
  [["witness"], { witness: "degraded" }, "degraded one-vantage"],
  [["site-a", "site-b"], { "site-b": "down" }, "unknown too-few-fresh"],
  [["site-a", "site-b"], { "site-a": "down", "site-b": "healthy" }, "degraded inside-only"],
  [["site-a", "site-b"], { "site-a": "healthy", "site-b": "down" }, "healthy split"],
  [["site-a", "site-b"], { "site-a": "down", "site-b": "down" }, "down majority"],
  [["site-a", "site-b"], { "site-a": "degraded", "site-b": "down" }, "degraded failing-looks"],
];

for (const [domains, votes, expected] of small) {
  test(`of ${domains.join(" and ")}, ${JSON.stringify(votes)} about site-a is ${expected}`, () => {
    const cast = Object.entries(votes).map(([domain, opinion]) => ({
      agent: domain,
      domain,
      target: "edge:site-a",
      opinion,
    }));
    const after = verdict(tally(cast, domains, "site-a"), healthy);
    assert.equal(`${after.kind} ${after.because}`, expected);
  });
}

test("the loss of a whole site is never down for one or two domains that it belongs to", () => {
  for (const domains of [["site-a"], ["site-a", "site-b"]]) {
    for (const opinion of ["healthy", "degraded", "down", "unknown"] as const) {
      const votes = [{ agent: "b", domain: "site-b", target: "edge:site-a", opinion }];
      assert.notEqual(verdict(tally(votes, domains, "site-a"), healthy).kind, "down");
    }
  }
});

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

const trips = {
  said: { standing: "said" },
  unheard: { standing: "unheard" },
  over: { standing: "over" },
  none: undefined,
};
const because = (kind: Opinion, why: Verdict["because"]): Verdict => ({ kind, because: why });
const own: readonly [Verdict, keyof typeof trips, string][] = [
  [because("healthy", "majority"), "said", "degraded own-traffic"],
  [because("healthy", "split"), "said", "degraded own-traffic"],
  [because("degraded", "inside-only"), "said", "degraded own-traffic"],
  [because("degraded", "failing-looks"), "said", "degraded own-traffic"],
  [because("down", "majority"), "said", "down majority"],
  [because("down", "split"), "said", "down split"],
  [because("unknown", "too-few-fresh"), "said", "unknown too-few-fresh"],
  [because("healthy", "majority"), "unheard", "degraded own-traffic-unheard"],
  [because("degraded", "inside-only"), "unheard", "degraded own-traffic-unheard"],
  [because("degraded", "failing-looks"), "unheard", "degraded failing-looks"],
  [because("degraded", "split"), "unheard", "degraded split"],
  [because("down", "majority"), "unheard", "down majority"],
  [because("unknown", "too-few-fresh"), "unheard", "unknown too-few-fresh"],
  [because("healthy", "majority"), "over", "healthy majority"],
  [because("degraded", "failing-looks"), "none", "degraded failing-looks"],
];

for (const [byLooks, standing, expected] of own) {
  test(`${byLooks.kind} by ${byLooks.because}, with a trip ${standing}, is ${expected}`, () => {
    const found = trips[standing];
    const trip = found && ({ ...found, beganAtMs: 0 } as Trip);
    const after = withOwnTraffic(byLooks, trip);
    assert.equal(`${after.kind} ${after.because}`, expected);
  });
}

test("a trip that is unheard moves nothing, and one that is said does", () => {
  assert.deepEqual([isAlarmOnly("own-traffic-unheard"), isAlarmOnly("own-traffic")], [true, false]);
});
