import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { opinions } from "./model.ts";
import { tally } from "./tally.ts";
import { trafficStates } from "./traffic/report.ts";
import { noVerdict, verdict } from "./verdict.ts";
import type { CountedVote } from "./vote.ts";

const domains = ["site-a", "site-b", "witness", "site-d", "site-e"];
const anyVote: fc.Arbitrary<CountedVote> = fc.record({
  agent: fc.constantFrom("one", "two"),
  domain: fc.constantFrom(...domains, "elsewhere"),
  target: fc.constant("edge:site-a"),
  opinion: fc.constantFrom(...opinions),
});
const anyTraffic = fc.record(
  { state: fc.constantFrom(...trafficStates), because: fc.constantFrom("3 of 9", "9 of 9") },
  { noNullPrototype: true },
);
const anyPoolVote: fc.Arbitrary<CountedVote> = fc
  .tuple(anyVote, fc.option(anyTraffic))
  .map(([vote, traffic]) => ({ ...vote, target: "pool:chat/stable@site-a", ...(traffic ? { traffic } : {}) }));
const anyElectorate = fc.subarray(domains, { minLength: 1 });
const anyVotes = fc.array(anyVote, { maxLength: 20 });
const shuffled = (votes: readonly CountedVote[]) =>
  fc.shuffledSubarray([...votes], { minLength: votes.length, maxLength: votes.length });

test("votes in any order, and each of them twice, give one tally", () => {
  const anyOf = fc.oneof(anyVotes, fc.array(anyPoolVote, { maxLength: 20 }));
  const twoOrders = anyOf.chain((votes) => fc.tuple(fc.constant(votes), shuffled([...votes, ...votes])));
  fc.assert(
    fc.property(twoOrders, anyElectorate, ([votes, again], electorate) => {
      assert.deepEqual(tally(again, electorate, "site-a"), tally(votes, electorate, "site-a"));
    }),
  );
});

test("every configured domain is counted once, however many agents it has, and no other", () => {
  fc.assert(
    fc.property(anyVotes, anyElectorate, (votes, electorate) => {
      const counted = tally(votes, electorate, "site-a");
      const { healthy, degraded, down, unknown } = counted;
      assert.equal(healthy + degraded + down + unknown, electorate.length);
      assert.deepEqual(Object.keys(counted.byDomain), electorate);
      assert.ok(counted.downOutside <= down && counted.degradedOutside <= degraded);
    }),
  );
});

test("a domain is down only if all its fresh agents say so, and more agents of it weigh no more", () => {
  const agents = fc.array(fc.constantFrom("healthy", "degraded", "down"), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(agents, (says) => {
      const votes = says.map((opinion, at) => ({ agent: `w${at}`, domain: "witness", target: "edge:site-a", opinion }));
      const counted = tally(votes as CountedVote[], domains, "site-a");
      assert.equal(counted.down, says.every((opinion) => opinion === "down") ? 1 : 0);
      assert.equal(counted.unknown, domains.length - 1);
    }),
  );
});

test("domains without agents count as unknown: two of five agreeing are no majority", () => {
  const votes = ["site-b", "witness"].map((domain) => ({
    agent: domain,
    domain,
    target: "edge:site-a",
    opinion: "down" as const,
  }));
  const counted = tally(votes, domains, "site-a");
  assert.deepEqual([counted.electorate, counted.down, counted.unknown], [5, 2, 3]);
  assert.deepEqual(verdict(counted, { kind: "healthy", because: "majority" }), noVerdict);
});

test("down takes a majority of the configured, one of them outside, whatever was before", () => {
  fc.assert(
    fc.property(
      anyVotes,
      anyElectorate,
      fc.constantFrom("healthy", "degraded", "unknown"),
      (votes, electorate, kind) => {
        const counted = tally(votes, electorate, "site-a");
        if (verdict(counted, { kind, because: "majority" }).kind !== "down") return;
        assert.ok(2 * counted.down > electorate.length && counted.downOutside > 0 && counted.down > 1);
      },
    ),
  );
});

test("only the agents of the pool's own site are heard on its traffic, whether they are in the electorate or not", () => {
  fc.assert(
    fc.property(fc.array(anyPoolVote, { maxLength: 10 }), anyElectorate, (votes, electorate) => {
      const foreign = votes.filter((vote) => vote.domain !== "site-a");
      assert.equal(tally(foreign, electorate, "site-a").traffic, undefined);
      const own = votes.filter((vote) => vote.domain === "site-a");
      assert.deepEqual(tally(votes, electorate, "site-a").traffic, tally(own, [], "site-a").traffic);
      const { traffic: _, ...without } = tally(votes, electorate, "site-a");
      const mute = votes.map(({ traffic: _said, ...vote }) => vote);
      assert.deepEqual(without, tally(mute, electorate, "site-a"), "it changes nothing that is counted");
    }),
  );
});

test("an edge has no traffic of its own, whatever an agent says", () => {
  const vote = { agent: "one", domain: "site-a", target: "edge:site-a", opinion: "healthy" } as const;
  const traffic = { state: "tripped", because: "9 of 9" } as const;
  assert.equal(tally([{ ...vote, traffic }], domains, "site-a").traffic, undefined);
});

test("a site of two agents has tripped only if both say so", () => {
  const vote = (agent: string, state: "tripped" | "healthy") =>
    ({
      agent,
      domain: "site-a",
      target: "pool:chat/stable@site-a",
      opinion: "healthy",
      traffic: { state, because: "9 of 9" },
    }) as const;
  const stateOf = (...votes: readonly CountedVote[]) => tally(votes, domains, "site-a").traffic?.state;
  assert.equal(stateOf(vote("one", "tripped"), vote("two", "tripped")), "tripped");
  assert.equal(stateOf(vote("one", "tripped"), vote("two", "healthy")), "suspect");
});
