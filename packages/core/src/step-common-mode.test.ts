import assert from "node:assert/strict";
import { test } from "node:test";
import { configOfThree, failoverOn, Leader, serviceOn } from "./fixtures.ts";
import type { Opinion } from "./model.ts";
import type { Outcome } from "./step.ts";

const [up, bad, down, unknown] = ["healthy", "degraded", "down", "unknown"] as const;
const abc = (a: Opinion, b: Opinion, c: Opinion) => ({ "site-a": a, "site-b": b, "site-c": c });
const blames = ({ events }: Outcome): readonly string[] =>
  events.flatMap((event) => (event.kind === "blamed" ? [event.what.kind] : []));

const three = () => new Leader(configOfThree(serviceOn(failoverOn("site-a", "site-b", "site-c"))));

test("the same channel bad by looks in two sites together is the channel's fault: it stays, and the alarm ends by itself", () => {
  const leader = three();
  leader.see(abc(up, up, up));
  assert.deepEqual(blames(leader.see(abc(bad, bad, up))), ["channel"]);
  assert.deepEqual([leader.answered, leader.held], [["site-a"], "common-mode"]);
  leader.pass(600_000, abc(bad, bad, up));
  assert.deepEqual(leader.answered, ["site-a"], "though site-c is healthy");
  leader.pass(36_000, abc(bad, up, up));
  assert.deepEqual([leader.world.watch.blamed, leader.answered], [[], ["site-b"]]);
});

test("two sites that go bad apart from one another are two sites", () => {
  const leader = three();
  leader.see(abc(up, up, up));
  leader.see(abc(up, bad, up));
  leader.pass(31_000, abc(up, bad, up));
  assert.deepEqual(blames(leader.see(abc(bad, bad, up))), []);
  assert.deepEqual(leader.answered, ["site-c"]);
});

test("everything bad everywhere is our own fault, and is said once; a site that is down is left all the same", () => {
  const leader = three();
  leader.see(abc(up, up, up));
  assert.deepEqual(blames(leader.see(abc(bad, bad, bad))), ["ourselves"]);
  assert.deepEqual(blames(leader.see(abc(bad, bad, bad))), []);
  assert.deepEqual(leader.answered, ["site-a"]);
  leader.see(abc(down, bad, bad));
  assert.deepEqual(leader.answered, ["site-b"], "slow beats dead");
});

test("an arbiter that has just started blames nobody for what went bad before its time", () => {
  const leader = three();
  leader.see(abc(bad, bad, up));
  assert.deepEqual(leader.world.watch.blamed, []);
  const silent = three();
  silent.see(abc(up, up, up));
  silent.see(abc(unknown, unknown, unknown));
  silent.see(abc(bad, bad, up));
  assert.deepEqual(silent.world.watch.blamed, [], "silence is no time at which anything went bad");
});
