import assert from "node:assert/strict";
import { test } from "node:test";
import type { GuardSettings, ServiceConfig } from "./config.ts";
import { ballotsFor, configOfThree, countOf, failoverOn, Leader, serviceOn } from "./fixtures.ts";
import { epochMs, type Opinion } from "./model.ts";
import { step } from "./step.ts";
import { newWatch } from "./world.ts";

const [up, bad, down] = ["healthy", "degraded", "down"] as const;
const ab = (a: Opinion, b: Opinion) => ({ "site-a": a, "site-b": b, "site-c": up });
const day = 86_400_000;

function settled(services: readonly ServiceConfig[], guards: Partial<GuardSettings> = {}): Leader {
  const config = configOfThree(...services);
  const leader = new Leader({ ...config, guards: { ...config.guards, ...guards } });
  leader.see(ab(up, up));
  return leader;
}
const named = (name: string, ...sites: readonly string[]): ServiceConfig =>
  serviceOn(failoverOn(...sites), { name, host: `${name}.example.test` });

test("a site that is left again and again waits for twice as long each time, up to the bound, and is forgiven in the end", () => {
  const leader = settled([named("chat", "site-a", "site-b")], {
    readmitAfterMs: 60_000,
    holdMaxMs: 200_000,
    cooldownMs: 0,
    movesPerHourMax: 99,
  });
  for (const waitMs of [60_000, 120_000, 200_000, 200_000]) {
    leader.see(ab(down, up));
    leader.see(ab(up, up));
    leader.pass(waitMs - 5_000, ab(up, up));
    assert.equal(leader.state?.quarantine.length, 1, `${waitMs}`);
    leader.pass(6_000, ab(up, up));
    assert.deepEqual(leader.state?.quarantine, [], `${waitMs}`);
    leader.ask({ kind: "failback" }, ab(up, up));
  }
  assert.deepEqual(leader.state?.flaps, [{ site: "site-a", times: 4 }]);
  leader.pass(400_000, ab(up, up));
  assert.equal(leader.state?.flaps, undefined);
});

test("a wall clock that steps ends no cool-down, whichever way", () => {
  for (const stepMs of [day, -day]) {
    const leader = settled([named("chat", "site-a", "site-c", "site-b")]);
    const { config } = leader.world.durable;
    leader.see({ ...ab(bad, up), "site-c": up });
    leader.pass(31_000, ab(bad, up));
    const seen = { "site-a": bad, "site-b": up, "site-c": bad };
    leader.cycle(leader.now + stepMs, ballotsFor(config, seen));
    assert.equal(leader.held, "cool-down", `${stepMs}`);
    leader.pass(20_000, seen);
    assert.equal(leader.held, "cool-down", `${stepMs}`);
    leader.pass(12_000, seen);
    assert.deepEqual(leader.answered, ["site-b"], `${stepMs}`);
  }
});

test("where the shell measures by a monotonic clock, a wall clock that steps adds nothing at all", () => {
  const leader = settled([named("chat", "site-a", "site-c", "site-b")]);
  leader.see(ab(bad, up));
  const seen = { "site-a": bad, "site-b": up, "site-c": bad };
  const ballots = ballotsFor(leader.world.durable.config, seen);
  let now = leader.now;
  for (let cycle = 1; cycle <= 60; cycle += 1) {
    now += cycle % 2 === 0 ? day : -day + 1_000;
    const input = {
      ballots: countOf(cycle < 40 ? ballotsFor(leader.world.durable.config, ab(bad, up)) : ballots),
      commands: [],
      passedMs: 800,
    };
    const outcome = step(leader.world, { ...input, role: { kind: "leading", epoch: 1 } }, epochMs(now));
    leader.world = { durable: outcome.change?.durable ?? leader.world.durable, watch: outcome.watch };
  }
  assert.deepEqual([leader.held, leader.state?.moves.length], ["cool-down", 1], "48 s have passed");
});

test("a follower counts the cool-down too, and goes on with it when it leads; one that has just started holds for all of it", () => {
  const leader = settled([named("chat", "site-a", "site-c", "site-b")]);
  const { config } = leader.world.durable;
  const follower = new Leader(config);
  const follow = (bySite: Readonly<Record<string, Opinion>>): void => {
    follower.now = leader.now;
    follower.world = { durable: leader.world.durable, watch: follower.world.watch };
    follower.follow(bySite);
  };
  leader.see(ab(bad, up));
  for (let second = 0; second < 50; second += 1) {
    leader.see(ab(bad, up));
    follow(ab(bad, up));
  }
  const seen = { "site-a": bad, "site-b": up, "site-c": bad };
  follower.epoch = 2;
  follower.see(seen);
  assert.equal(follower.held, "cool-down");
  follower.pass(12_000, seen);
  assert.deepEqual(follower.answered, ["site-b"]);
  const fresh = new Leader(config);
  fresh.world = { durable: leader.world.durable, watch: newWatch };
  fresh.epoch = 2;
  fresh.now = leader.now + day;
  fresh.see(ab(bad, up));
  fresh.pass(40_000, ab(bad, up));
  fresh.see(seen);
  assert.equal(fresh.held, "cool-down", "whatever the date says");
});

test("the hour of the latch is counted by the cycle: a day on the wall clock forgives nothing, an hour of cycles does", () => {
  const leader = settled([named("chat", "site-a", "site-c", "site-b")], { cooldownMs: 0 });
  leader.see(ab(bad, up));
  leader.cycle(leader.now + day, ballotsFor(leader.world.durable.config, ab(up, up)));
  assert.equal(leader.state?.moves.length, 1);
  leader.pass(3_600_000, ab(up, up));
  assert.deepEqual([leader.state?.moves, leader.state?.changedAt], [[], undefined]);
});

test("a quarter of the services, and one at least, move in ten minutes for what is no evacuation; the rest wait their turn", () => {
  const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const leader = settled(
    names.map((name) => named(name, "site-a", "site-b")),
    { movedShareMax: 0.25 },
  );
  const away = (): number => names.filter((name) => leader.answeredFor(name).includes("site-b")).length;
  leader.see(ab(bad, up));
  assert.equal(away(), 2);
  assert.deepEqual([...new Set(Object.values(leader.world.watch.held).map(({ rule }) => rule))], ["change-budget"]);
  leader.pass(595_000, ab(bad, up));
  assert.equal(away(), 2);
  leader.pass(6_000, ab(bad, up));
  assert.equal(away(), 4);
  leader.see(ab(down, up));
  assert.equal(away(), 8, "an evacuation is never held by it");
});

test("evacuations spend no budget", () => {
  const leader = settled([named("chat", "site-a", "site-b"), named("embed", "site-c", "site-b")], {
    movedShareMax: 0.25,
  });
  leader.see(ab(down, up));
  assert.deepEqual(leader.answered, ["site-b"]);
  leader.pass(31_000, ab(down, up));
  leader.see({ ...ab(down, up), "site-c": bad });
  assert.deepEqual(leader.answeredFor("embed"), ["site-b"]);
});

test("operators are held by no brake, and by floors all the same", () => {
  const leader = settled([named("chat", "site-a", "site-b")], { movesPerHourMax: 1, movedShareMax: 0 });
  leader.see(ab(bad, up));
  assert.notEqual(leader.state?.latchedAt, undefined);
  assert.equal(leader.ask({ kind: "failover", service: "chat", to: "site-a" }, ab(up, up))?.kind, "done");
  assert.deepEqual(leader.answered, ["site-a"]);
  const refused = leader.ask({ kind: "failover", service: "chat", to: "site-b" }, ab(up, down));
  assert.equal(refused?.kind === "refused" && refused.rule, "last-serving-site");
});
