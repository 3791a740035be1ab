import assert from "node:assert/strict";
import { test } from "node:test";
import { ballotsOf, commandOf, configOf, countOf, Leader, worldOf } from "./fixtures.ts";
import { epochMs } from "./model.ts";
import { step } from "./step.ts";

const t0 = 1_000_000_000;
const fine = ballotsOf("healthy", "healthy");
const aDown = ballotsOf("down", "healthy");
const silence = { freshDomains: [], votes: [] };

function settled(): Leader {
  const leader = new Leader(configOf());
  leader.cycle(t0, fine);
  assert.deepEqual(leader.answered, ["site-a"]);
  return leader;
}

test("leaves a down site for the standby, quarantines it, and stays when it comes back", () => {
  const leader = settled();
  leader.cycle(t0 + 1_000, aDown);
  assert.deepEqual(leader.answered, ["site-b"]);
  assert.equal(leader.world.durable.services["chat"]?.quarantine[0]?.site, "site-a");
  leader.cycle(t0 + 2_000, fine);
  leader.cycle(t0 + 7_200_000, fine);
  assert.deepEqual(leader.answered, ["site-b"]);
});

test("failback returns home", () => {
  const leader = settled();
  leader.cycle(t0 + 1_000, aDown);
  leader.cycle(t0 + 2_000, fine, [commandOf({ kind: "failback", service: "chat" })]);
  assert.deepEqual(leader.answered, ["site-a"]);
});

test("silence never moves traffic", () => {
  const leader = settled();
  assert.deepEqual(leader.cycle(t0 + 1_000, silence).change, undefined);
  assert.deepEqual(leader.answered, ["site-a"]);
});

test("stays where it is when everything is down", () => {
  const leader = settled();
  leader.cycle(t0 + 1_000, ballotsOf("down", "down"));
  assert.deepEqual(leader.answered, ["site-a"]);
});

test("a new leader republishes under its epoch", () => {
  const leader = settled();
  leader.epoch = 2;
  assert.equal(leader.cycle(t0 + 1_000, fine).change?.snapshot?.fence.epoch, 2);
});

test("a follower's step never yields a change", () => {
  const input = { ballots: countOf(aDown), commands: [], role: { kind: "following" } } as const;
  assert.equal(step(worldOf(configOf()), input, epochMs(t0)).change, undefined);
});

test("a split vote leaves things as they were, but not as they were before any vote of now", () => {
  for (const [agoMs, wanted] of [
    [1_000, ["site-b"]],
    [17_000, ["site-a"]],
  ] as const) {
    const leader = new Leader(configOf());
    leader.see({ "site-a": "healthy", "site-b": "healthy" });
    // What was worked out then led to nothing: the database took no commit for as long.
    leader.follow({ "site-a": "down", "site-b": "healthy" });
    const { votes, freshDomains } = ballotsOf("healthy", "healthy");
    const split = votes.filter(({ domain, target }) => domain !== "witness" || !target.endsWith("site-a"));
    const said = split.map((vote) =>
      vote.domain === "site-b" && vote.target.endsWith("site-a") ? { ...vote, opinion: "down" as const } : vote,
    );
    leader.cycle(leader.now + agoMs, { votes: said, freshDomains });
    assert.deepEqual(leader.answered, wanted);
  }
});
