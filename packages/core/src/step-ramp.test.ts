import assert from "node:assert/strict";
import { test } from "node:test";
import { adoptInto } from "./adopt.ts";
import type { GuardSettings, ServiceConfig } from "./config.ts";
import { commandOf, configOfThree, failoverOn, Leader, overrideOf, serviceOn, weightedOn } from "./fixtures.ts";
import { epochMs, type Opinion } from "./model.ts";
import { formatPlacement } from "./placement.ts";

const [up, bad, down, unknown] = ["healthy", "degraded", "down", "unknown"] as const;
const ab = (a: Opinion, b: Opinion) => ({ "site-a": a, "site-b": b, "site-c": up });
const auto: Partial<ServiceConfig> = { failback: { kind: "auto-after", afterMs: 60_000 } };
const pair = serviceOn(failoverOn("site-a", "site-b"), auto);
const shared = serviceOn(weightedOn({ "site-a": 50, "site-b": 30, "site-c": 20 }), auto);

/** It has left site-a, which is well again, and the first percent of its traffic is home. */
function goingHome(service: ServiceConfig, guards: Partial<GuardSettings> = {}): Leader {
  const config = configOfThree(service);
  const readmitAfterMs = 60_000;
  const leader = new Leader({ ...config, guards: { ...config.guards, readmitAfterMs, rampStepMs: 30_000, ...guards } });
  leader.see(ab(up, up));
  leader.see(ab(down, up));
  leader.see(ab(up, up));
  leader.pass(61_000, ab(up, up));
  return leader;
}

const served = ({ state }: Leader): string => (state ? formatPlacement(state.served) : "");

test("traffic goes home in steps, each after its time; a failover service too, in the shares of its answers", () => {
  const leader = goingHome(pair);
  const seen: string[] = [];
  for (let step = 0; step < 6; step += 1) {
    seen.push(served(leader));
    leader.pass(30_000, ab(up, up));
  }
  assert.deepEqual(seen, [
    "site-a 1, site-b 99",
    "site-a 5, site-b 95",
    "site-a 20, site-b 80",
    "site-a 50, site-b 50",
    "site-a",
    "site-a",
  ]);
  assert.deepEqual([leader.state?.ramp, leader.situation], [undefined, "serving"]);
});

test("a weighted service gets its share back in steps, and ends with the shares of its policy", () => {
  const leader = goingHome(shared);
  assert.equal(served(leader), "site-a 0.5, site-b 59.7, site-c 39.8");
  leader.pass(60_000, ab(up, up));
  assert.equal(served(leader), "site-a 10, site-b 54, site-c 36");
  leader.pass(120_000, ab(up, up));
  assert.equal(served(leader), "site-a 50, site-b 30, site-c 20");
});

test("a ramp is one move: neither cool-down nor latch holds its steps, and the moves are counted once", () => {
  const leader = goingHome(pair, { cooldownMs: 3_600_000, movesPerHourMax: 9 });
  assert.equal(served(leader), "site-b", "to begin with, the cool-down holds it");
  const latched = goingHome(pair, { cooldownMs: 0, movesPerHourMax: 2 });
  assert.notEqual(latched.state?.latchedAt, undefined);
  latched.pass(150_000, ab(up, up));
  assert.deepEqual([served(latched), latched.state?.moves.length], ["site-a", 2]);
});

for (const trouble of [bad, down]) {
  test(`home that is ${trouble} on the way stops it at once, and waits for twice as long after that`, () => {
    const leader = goingHome(pair, { movesPerHourMax: 9 });
    leader.pass(65_000, ab(up, up));
    leader.see(ab(trouble, up));
    assert.deepEqual([served(leader), leader.situation, leader.held], ["site-b", "failback-stopped", undefined]);
    assert.deepEqual(leader.state?.flaps, [{ site: "site-a", times: 2 }]);
    leader.see(ab(up, up));
    leader.pass(115_000, ab(up, up));
    assert.equal(leader.state?.quarantine.length, 1);
    leader.pass(10_000, ab(up, up));
    assert.deepEqual([leader.state?.quarantine, served(leader)], [[], "site-a 1, site-b 99"]);
  });
}

test("silence about home is no trouble: the ramp waits where it is, and begins its step anew when home is known", () => {
  const leader = goingHome(pair);
  leader.pass(600_000, ab(unknown, up));
  assert.deepEqual([served(leader), leader.situation], ["site-a 1, site-b 99", "failing-back"]);
  leader.see(ab(up, up));
  assert.equal(served(leader), "site-a 5, site-b 95");
});

test("when the site that carries the traffic is down, home takes all of it at once", () => {
  const leader = goingHome(pair);
  leader.see(ab(up, down));
  assert.deepEqual([served(leader), leader.state?.ramp], ["site-a", undefined]);
});

test("a freeze holds the next step, a drain rests the ramp, and an operator's move ends it", () => {
  const leader = goingHome(pair);
  const until = epochMs(leader.now + 100_000);
  leader.ask({ kind: "set-override", override: overrideOf("freeze", { service: "chat", until }) }, ab(up, up));
  leader.pass(90_000, ab(up, up));
  assert.deepEqual([served(leader), leader.held], ["site-a 1, site-b 99", "freeze"]);
  leader.pass(15_000, ab(up, up));
  assert.equal(served(leader), "site-a 5, site-b 95");
  const override = overrideOf("drain", { service: "chat", site: "site-a", until: epochMs(leader.now + 60_000) });
  leader.ask({ kind: "set-override", override }, ab(up, up));
  assert.equal(served(leader), "site-b");
  leader.pass(65_000, ab(up, up));
  assert.match(served(leader), /^site-a (5|20), site-b/);
  leader.ask({ kind: "failback" }, ab(up, up));
  assert.deepEqual([served(leader), leader.state?.ramp], ["site-a", undefined]);
});

test("an operator's failback goes in steps when it is asked for, whatever failback the service has, and stops like any other", () => {
  const leader = goingHome(serviceOn(failoverOn("site-a", "site-b")));
  assert.equal(served(leader), "site-b");
  const result = leader.ask({ kind: "failback", inSteps: true }, ab(up, up));
  assert.equal(result?.kind, "done");
  assert.equal(served(leader), "site-a 1, site-b 99");
  leader.pass(61_000, ab(up, up));
  assert.equal(served(leader), "site-a 20, site-b 80");
  leader.ask({ kind: "failback", inSteps: true }, ab(up, up));
  assert.equal(served(leader), "site-a 1, site-b 99", "asked again, it begins anew, and not from the middle");
  leader.see(ab(bad, up));
  assert.deepEqual([served(leader), leader.situation], ["site-b", "failback-stopped"]);
  leader.see(ab(up, up));
  leader.pass(900_000, ab(up, up));
  assert.equal(served(leader), "site-b", "and what an operator began, an operator begins again");
  const atOnce = goingHome(serviceOn(failoverOn("site-a", "site-b")), { rampStepMs: 0 });
  atOnce.ask({ kind: "failback", inSteps: true }, ab(up, up));
  assert.equal(served(atOnce), "site-a");
});

test("a failback in steps to a home that is drained is refused, as one at once is", () => {
  const leader = goingHome(serviceOn(failoverOn("site-a", "site-b")));
  const override = overrideOf("drain", { service: "chat", site: "site-a", until: epochMs(leader.now + 60_000) });
  leader.ask({ kind: "set-override", override }, ab(up, up));
  const refused = leader.ask({ kind: "failback", inSteps: true }, ab(up, up));
  assert.equal(refused?.kind === "refused" && refused.code, "BRAKE");
});

test("a failover elsewhere during a ramp is undone to where the traffic came from", () => {
  const leader = goingHome(pair);
  leader.ask({ kind: "failover", service: "chat", to: "site-a" }, ab(up, up));
  assert.equal(leader.ask({ kind: "undo", service: "chat" }, ab(up, up))?.kind, "done");
  assert.equal(served(leader), "site-b");
});

test("a configuration that is applied takes nobody home at a stroke: the ramp begins anew", () => {
  const leader = goingHome(pair);
  leader.pass(90_000, ab(up, up));
  const { config, configRevision: revisionBefore } = leader.world.durable;
  const outcome = leader.see(ab(up, up), [commandOf({ kind: "apply-config", config, revisionBefore })]);
  assert.equal(outcome.results["c1"]?.kind, "done");
  assert.equal(leader.state?.base.kind === "sites" && leader.state.base.shares.at(-1)?.site, "site-b");
  assert.ok(["site-b", "site-a 1, site-b 99"].includes(served(leader)), served(leader));
});

test("a leader that adopted shares it knows nothing of gathers the traffic where most of it is", () => {
  for (const [service, expected] of [
    [pair, "site-b"],
    [shared, "site-a 3, site-b 58.2, site-c 38.8"],
  ] as const) {
    const leader = goingHome(service, { movesPerHourMax: 9, rampStepMs: 100_000 });
    const { durable, watch } = leader.world;
    assert.ok(durable.snapshot);
    const snapshot = { ...durable.snapshot, fence: { ...durable.snapshot.fence, sequence: durable.sequence + 5 } };
    leader.world = { durable: adoptInto(durable, { from: "ns", snapshot }), watch };
    const seen: string[] = [];
    for (let second = 0; second < 400; second += 5) {
      leader.pass(5_000, ab(up, up));
      seen.push(served(leader));
    }
    assert.ok(seen.includes(expected), seen.join("; "));
  }
});
