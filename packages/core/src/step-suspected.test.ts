import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "./config.ts";
import {
  type Ballots,
  ballotsFor,
  chat,
  configOf,
  configOfThree,
  failoverOn,
  Leader,
  serviceOn,
  weightedOn,
} from "./fixtures.ts";
import type { Opinion, SiteName } from "./model.ts";
import { standingBrakes } from "./standing-brakes.ts";
import { suspicionMs } from "./suspicion.ts";

type Seen = Readonly<Record<SiteName, Opinion | "suspected">>;
const everybody = ["site-a", "site-b", "witness"];

/** As these vantages see it, some of which have just begun to see a site fail. The others see nothing wrong with it. */
function seen(config: Config, bySite: Seen, by: readonly string[] = everybody): Ballots {
  const opinions = Object.entries(bySite).map(([site, said]): [SiteName, Opinion] => [
    site,
    said === "suspected" ? "healthy" : said,
  ]);
  const ballots = ballotsFor(config, Object.fromEntries(opinions));
  const isDoubted = (target: string, domain: string): boolean =>
    bySite[target.split("@")[1] ?? ""] === "suspected" && by.includes(domain);
  const votes = ballots.votes.map((vote) =>
    isDoubted(vote.target, vote.domain) ? { ...vote, suspect: true as const } : vote,
  );
  return { ...ballots, votes };
}

function settled(config = configOf()) {
  const leader = new Leader(config);
  leader.see({ "site-a": "healthy", "site-b": "healthy", "site-c": "healthy" });
  const see = (bySite: Seen, by?: readonly string[]) => leader.cycle(leader.now + 250, seen(config, bySite, by));
  return { leader, see };
}

const [up, down, doubted] = ["healthy", "down", "suspected"] as const;

test("a dead site is not left for one that everybody has just begun to see fail; a good look lets it go at once", () => {
  const { leader, see } = settled();
  const { events } = see({ "site-a": down, "site-b": doubted });
  assert.deepEqual([leader.answered, leader.held], [["site-a"], "suspected"]);
  const because = "site-b has just begun to fail too; whether it is down is known within 2.3 s";
  assert.deepEqual(
    events.flatMap((event) => (event.kind === "held" ? [event.because] : [])),
    [because],
  );
  const { durable, watch } = leader.world;
  const [brake] = standingBrakes({ durable, watch, now: leader.now as never }, chat);
  assert.deepEqual([brake?.rule, brake?.isHolding, Number(brake?.until) - leader.now], ["suspected", true, 2_250]);
  see({ "site-a": down, "site-b": up });
  assert.deepEqual([leader.answered, leader.held], [["site-b"], undefined]);
});

test("both die, one after the other: the answers stay", () => {
  const { leader, see } = settled();
  see({ "site-a": down, "site-b": doubted });
  see({ "site-a": down, "site-b": down });
  assert.deepEqual([leader.answered, leader.situation], [["site-a"], "everything-down"]);
  assert.equal(leader.state?.moves.length, 0);
});

test("it waits for no longer than the looks take that decide it", () => {
  const { leader, see } = settled();
  for (let spentMs = 0; spentMs < 2_250; spentMs += 250) {
    see({ "site-a": down, "site-b": doubted });
    assert.deepEqual(leader.answered, ["site-a"]);
  }
  see({ "site-a": down, "site-b": doubted });
  assert.deepEqual(leader.answered, ["site-b"]);
});

test("another healthy site is taken at once, though it comes later in the order, and by shares too", () => {
  for (const [policy, wanted] of [
    [failoverOn("site-a", "site-b", "site-c"), ["site-c"]],
    [weightedOn({ "site-a": 1, "site-b": 1, "site-c": 1 }), ["site-b", "site-c"]],
  ] as const) {
    const { leader, see } = settled(configOfThree(serviceOn(policy)));
    see({ "site-a": down, "site-b": doubted, "site-c": up });
    assert.deepEqual(leader.answered, wanted);
  }
});

test("one vantage's suspicion, and one that is older than the time that it needs, hold nothing", () => {
  const { leader, see } = settled();
  see({ "site-a": down, "site-b": doubted }, ["witness"]);
  assert.deepEqual(leader.answered, ["site-b"]);
  const other = settled();
  for (let spentMs = 0; spentMs <= 2_500; spentMs += 250) other.see({ "site-a": up, "site-b": doubted });
  other.see({ "site-a": down, "site-b": doubted });
  assert.deepEqual(other.leader.answered, ["site-b"]);
});

test("nothing waits for longer than the service's objective leaves", () => {
  const config = configOf();
  assert.deepEqual(
    [60, 12, 11].map((rtoSeconds) => suspicionMs(config, { ...chat, rtoSeconds })),
    [2_250, 250, 0],
  );
});
