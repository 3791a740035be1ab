import assert from "node:assert/strict";
import { test } from "node:test";
import { configOfThree, failoverOn, Leader, overrideOf, serviceOn, t0, weightedOn } from "./fixtures.ts";
import { epochMs, type Opinion } from "./model.ts";

const [up, bad, down, unknown] = ["healthy", "degraded", "down", "unknown"] as const;
const abc = (a: Opinion, b: Opinion, c: Opinion) => ({ "site-a": a, "site-b": b, "site-c": c });
const fine = abc(up, up, up);
const drainA = { kind: "set-override", override: overrideOf("drain", { site: "site-a" }) } as const;
const endDrain = { kind: "end-override", id: "o1" } as const;

function drained(config = configOfThree(serviceOn(failoverOn("site-a", "site-b", "site-c")))): Leader {
  const leader = new Leader(config);
  leader.see(fine);
  assert.equal(leader.ask(drainA, fine)?.kind, "done");
  return leader;
}

test("while its site is drained, silence about the stand-in moves nothing", () => {
  const leader = drained();
  leader.see(abc(up, unknown, up));
  assert.deepEqual(leader.answered, ["site-b"]);
  assert.equal(leader.situation, "site-unknown");
});

test("while its site is drained, a stand-in that degrades is left through the brakes, and doesn't take it back", () => {
  const leader = drained();
  leader.see(abc(up, bad, up));
  assert.deepEqual(leader.answered, ["site-c"]);
  assert.equal(leader.state?.quarantine[0]?.site, "site-b");
  leader.see(fine);
  leader.see(abc(up, up, bad));
  assert.deepEqual([leader.answered, leader.situation], [["site-c"], "site-degraded-no-standby"]);
  assert.equal(leader.ask(endDrain, fine)?.kind, "done");
  assert.deepEqual(leader.answered, ["site-a"]);
});

test("while its site is drained, a stand-in that is down is evacuated", () => {
  const leader = drained();
  const { events } = leader.see(abc(up, down, up));
  assert.deepEqual(leader.answered, ["site-c"]);
  const decided = events.find((event) => event.kind === "decided");
  assert.deepEqual(decided?.decision.cause, { kind: "evacuate", site: "site-b" });
});

test("a drained site that falls down has been left: the end of the drain doesn't return to it", () => {
  const leader = drained();
  leader.see(abc(down, up, up));
  assert.equal(leader.state?.quarantine[0]?.site, "site-a");
  assert.equal(leader.ask(endDrain, fine)?.kind, "done");
  assert.deepEqual(leader.answered, ["site-b"]);
});

test("a floor keeps the stand-in when the drain ends while the site is unknown; it returns once that is proven", () => {
  const leader = drained();
  leader.ask(endDrain, abc(unknown, up, up));
  assert.deepEqual([leader.answered, leader.held], [["site-b"], "last-serving-site"]);
  leader.see(abc(unknown, down, up));
  assert.deepEqual(leader.answered, ["site-c"], "what is served is watched, not the base");
  assert.deepEqual(leader.state?.base, leader.state?.served);
  const other = drained();
  other.ask(endDrain, abc(unknown, up, up));
  other.see(fine);
  assert.deepEqual(other.answered, ["site-a"]);
});

test("a drained share comes back with the drain's end, and a site lost meanwhile does not", () => {
  const leader = drained(configOfThree(serviceOn(weightedOn({ "site-a": 50, "site-b": 30, "site-c": 20 }))));
  assert.deepEqual(leader.answered, ["site-b", "site-c"]);
  leader.see(abc(up, down, up));
  assert.deepEqual(leader.answered, ["site-c"]);
  leader.ask(endDrain, fine);
  assert.deepEqual(leader.answered, ["site-a", "site-c"]);
});

test("failing open leaves out what operators drained", () => {
  const service = serviceOn(failoverOn("site-a", "site-b", "site-c"), { allBad: { kind: "failOpen" } });
  const leader = drained(configOfThree(service));
  leader.see(abc(down, down, down));
  assert.deepEqual(leader.answered, ["site-b+site-c"]);
});

test("a freeze holds an evacuation until it expires, and says so once", () => {
  const leader = new Leader(configOfThree(serviceOn(failoverOn("site-a", "site-b"))));
  leader.see(fine);
  const override = overrideOf("freeze", { until: epochMs(t0 + 10_000) });
  leader.ask({ kind: "set-override", override }, fine);
  const first = leader.see(abc(down, up, up)).events.filter((event) => event.kind === "held");
  const second = leader.see(abc(down, up, up)).events.filter((event) => event.kind === "held");
  assert.deepEqual([first.length, second.length, leader.held], [1, 0, "freeze"]);
  leader.pass(10_000, abc(down, up, up));
  assert.deepEqual([leader.answered, leader.held], [["site-b"], undefined]);
  assert.deepEqual(leader.world.durable.overrides, []);
});
