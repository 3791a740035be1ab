import assert from "node:assert/strict";
import { test } from "node:test";
import { type Config, type ServiceConfig } from "./config.ts";
import {
  ballotsFor,
  configOf,
  configOfThree,
  failoverOn,
  Leader,
  overrideOf,
  serviceOn,
  weightedOn,
} from "./fixtures.ts";
import type { Opinion } from "./model.ts";

const [up, bad, down] = ["healthy", "degraded", "down"] as const;
const ab = (a: Opinion, b: Opinion) => ({ "site-a": a, "site-b": b });
const abc = (a: Opinion, b: Opinion, c: Opinion) => ({ "site-a": a, "site-b": b, "site-c": c });
const day = 86_400_000;
const autoAfter: Partial<ServiceConfig> = { failback: { kind: "auto-after", afterMs: 60_000 } };

function settled(config: Config): Leader {
  const leader = new Leader(config);
  leader.see({ "site-a": up, "site-b": up, "site-c": up });
  return leader;
}

test("a wall clock that steps forward by a day readmits nobody early", () => {
  const leader = settled(configOf());
  leader.see(ab(down, up));
  leader.see(ab(up, up));
  for (let jumps = 1; jumps <= 3; jumps += 1) leader.cycle(leader.now + day, ballotsFor(configOf(), ab(up, up)));
  assert.equal(leader.state?.quarantine.length, 1);
  leader.pass(600_000, ab(up, up));
  assert.deepEqual(leader.state?.quarantine, []);
  assert.deepEqual(leader.answered, ["site-b"], "readmission is not failback");
});

test("a wall clock that steps back by a day doesn't put readmission off", () => {
  const leader = settled(configOf());
  leader.see(ab(down, up));
  leader.cycle(leader.now - day, ballotsFor(configOf(), ab(up, up)));
  leader.pass(599_000, ab(up, up));
  assert.equal(leader.state?.quarantine.length, 1);
  leader.pass(2_000, ab(up, up));
  assert.deepEqual(leader.state?.quarantine, []);
});

test("an arbiter that has only seen health doesn't readmit what another left a moment ago", () => {
  const leader = settled(configOf());
  leader.pass(700_000, ab(up, up));
  const { durable, watch } = leader.world;
  const state = durable.services["chat"];
  assert.ok(state);
  const since = (leader.now - 1_000) as never;
  const left = { ...state, quarantine: [{ site: "site-b", since, because: "down" as const }] };
  leader.world = { durable: { ...durable, services: { chat: left } }, watch };
  leader.see(ab(up, up));
  assert.equal(leader.state?.quarantine.length, 1);
});

test("a break in health starts the time anew, and a split vote does not", () => {
  const leader = settled(configOf());
  leader.see(ab(down, up));
  leader.see(ab(up, up));
  leader.pass(595_000, ab(up, up));
  const { votes, freshDomains } = ballotsFor(configOf(), ab(up, up));
  const split = votes.map((vote) =>
    vote.target.endsWith("site-a") && vote.domain !== "site-b"
      ? { ...vote, opinion: vote.domain === "witness" ? down : ("unknown" as const) }
      : vote,
  );
  leader.cycle(leader.now + 5_000, { votes: split, freshDomains });
  assert.equal(leader.state?.quarantine.length, 1, "a split proves nothing");
  leader.pass(5_000, ab(up, up));
  assert.equal(leader.state?.quarantine.length, 0, "and takes nothing away");
  leader.see(ab(up, down));
  leader.see(ab(up, up));
  leader.pass(300_000, ab(up, up));
  leader.see(ab(up, "unknown"));
  leader.pass(600_000, ab(up, up));
  assert.equal(leader.state?.quarantine[0]?.site, "site-b");
  leader.pass(5_000, ab(up, up));
  assert.deepEqual(leader.state?.quarantine, []);
});

test("auto failback comes after the time, within it never, and not after an operator's move", () => {
  const leader = settled(configOf(autoAfter));
  leader.see(ab(down, up));
  leader.see(ab(up, up));
  leader.pass(599_000, ab(up, up));
  assert.deepEqual(leader.answered, ["site-b"]);
  leader.pass(2_000, ab(up, up));
  assert.deepEqual(leader.answered, ["site-a"]);
  const moved = settled(configOf(autoAfter));
  moved.pass(120_000, ab(up, up));
  moved.ask({ kind: "failover", service: "chat", to: "site-b" }, ab(up, up));
  moved.pass(600_000, ab(up, up));
  assert.deepEqual(moved.answered, ["site-b"]);
});

test("the cool-down holds a second move for its time, and no evacuation", () => {
  const guards = { ...configOf().guards, movesPerHourMax: 9 };
  const config = { ...configOfThree(serviceOn(failoverOn("site-a", "site-b", "site-c"))), guards };
  const leader = settled(config);
  leader.see(abc(bad, up, up));
  leader.pass(31_000, abc(bad, up, up));
  leader.see(abc(bad, bad, up));
  assert.deepEqual([leader.answered, leader.held], [["site-b"], "cool-down"]);
  leader.pass(26_000, abc(bad, bad, up));
  assert.deepEqual(leader.answered, ["site-b"]);
  leader.pass(2_000, abc(bad, bad, up));
  assert.deepEqual(leader.answered, ["site-c"]);
  leader.see(abc(bad, up, down));
  assert.deepEqual(leader.answered, ["site-b"]);
});

test("two moves in an hour latch to manual for good, evacuation apart, until an operator looks", () => {
  const leader = settled(configOfThree(serviceOn(failoverOn("site-a", "site-b", "site-c"))));
  leader.see(abc(bad, up, up));
  leader.pass(61_000, abc(bad, up, up));
  const { events } = leader.see(abc(bad, bad, up));
  assert.deepEqual(leader.answered, ["site-c"]);
  assert.ok(events.some((event) => event.kind === "latched"));
  leader.pass(2 * 3_600_000, abc(up, up, up));
  leader.see(abc(up, up, bad));
  assert.deepEqual([leader.answered, leader.held], [["site-c"], "moves-per-hour"]);
  leader.see(abc(up, up, down));
  assert.deepEqual(leader.answered, ["site-a"], "evacuation is never held by the latch");
  leader.pass(31_000, abc(up, up, down));
  leader.see(abc(bad, up, down));
  assert.equal(leader.held, "moves-per-hour");
  assert.equal(leader.ask({ kind: "failover", service: "chat", to: "site-a" }, abc(bad, up, down))?.kind, "done");
  assert.deepEqual(
    [leader.answered, leader.held],
    [["site-b"], undefined],
    "sent where it is: the operator has looked",
  );
});

test("an override on the service, or its end, lifts the latch too", () => {
  const max1 = { ...configOf(), guards: { ...configOf().guards, movesPerHourMax: 1 } };
  const leader = settled(max1);
  leader.see(ab(bad, up));
  assert.notEqual(leader.state?.latchedAt, undefined);
  leader.ask({ kind: "set-override", override: overrideOf("freeze", { service: "chat" }) }, ab(up, up));
  assert.equal(leader.state?.latchedAt, undefined);
});

test("a second site within 10 minutes is evacuated only where nothing healthy is left in the answers", () => {
  const shares = weightedOn({ "site-a": 50, "site-b": 30, "site-c": 20 });
  const embed = { name: "embed", host: "embed.example.test" };
  const config = configOfThree(serviceOn(shares), serviceOn(failoverOn("site-b", "site-c"), embed));
  const leader = settled(config);
  leader.see(abc(down, up, up));
  assert.deepEqual(leader.answered, ["site-b", "site-c"]);
  leader.see(abc(down, down, up));
  assert.deepEqual([leader.answered, leader.held], [["site-b", "site-c"], "second-site"]);
  assert.deepEqual(leader.answeredFor("embed"), ["site-c"]);
  leader.see(abc(down, down, bad));
  assert.deepEqual(leader.answered, ["site-c"]);
  const later = settled(config);
  later.see(abc(down, up, up));
  later.pass(600_000, abc(down, up, up));
  later.see(abc(down, down, up));
  assert.deepEqual(later.answered, ["site-c"]);
});

test("two sites lost at once are told from one: the second waits while something healthy answers", () => {
  const leader = settled(configOfThree(serviceOn(weightedOn({ "site-a": 50, "site-b": 30, "site-c": 20 }))));
  leader.see(abc(down, down, up));
  leader.see(abc(down, down, up));
  assert.deepEqual([leader.answered, leader.held], [["site-b", "site-c"], "second-site"]);
});

test("an outdated epoch writes nothing, whatever it is asked", () => {
  const leader = settled(configOf());
  leader.epoch = 5;
  leader.see(ab(up, up));
  leader.epoch = 4;
  const outcome = leader.see(ab(down, up));
  assert.deepEqual([outcome.change, outcome.results], [undefined, {}]);
  assert.deepEqual(leader.answered, ["site-a"]);
});
