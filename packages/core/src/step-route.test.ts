import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ask } from "./command.ts";
import { commandOf, configOfThree, overrideOf, withChannels, withGateways } from "./fixtures.ts";
import { apply, chat, codeOf, embed, fine, settled } from "./test-weighed.ts";

test("a drain of a standby moves no answer, and still is told to gateways with its cause, as is its end", () => {
  const leader = settled();
  const roles = (): string | undefined => leader.route?.sites.map(({ role }) => role).join(" ");
  assert.equal(roles(), "placed standby");
  const override = overrideOf("drain", { site: "site-b", service: "chat" });
  const set = leader.see(fine, [commandOf({ kind: "set-override", override })]);
  assert.equal(roles(), "placed drained");
  assert.deepEqual(set.change?.snapshot?.causes, [
    { kind: "operator", service: "chat", command: "drain site-b", by: "anna" },
  ]);
  const end = leader.see(fine, [commandOf({ kind: "end-override", id: "o1" })]);
  assert.equal(roles(), "placed standby");
  assert.deepEqual(end.change?.snapshot?.causes, [{ kind: "override-ended", service: "chat" }]);
});

test("an override that no route depends on publishes nothing", () => {
  const leader = settled();
  const { change } = leader.see(fine, [commandOf({ kind: "set-override", override: overrideOf("freeze") })]);
  assert.ok(change);
  assert.equal(change.snapshot, undefined);
});

const pin = (more: object, id = "p1"): Ask => ({
  kind: "set-override",
  override: overrideOf("pin", { id, service: "chat", ...more }),
});

test("a pin to a channel holds users there and moves no site; it ends by itself like any other", () => {
  const leader = settled();
  const until = leader.now + 5_000;
  const { change } = leader.see(fine, [commandOf(pin({ channel: "canary", until }))]);
  assert.deepEqual([leader.route?.pinnedChannel, leader.answered], ["canary", ["site-a"]]);
  assert.deepEqual(change?.snapshot?.causes, [
    { kind: "operator", service: "chat", command: "pin channel canary", by: "anna" },
  ]);
  assert.deepEqual(change?.decisions, []);
  leader.pass(10_000, fine);
  assert.equal(leader.route?.pinnedChannel, undefined);
});

test("a pin to a channel and one to a site stand beside each other; each replaces only its like", () => {
  const leader = settled();
  const standing = (): string => leader.world.durable.overrides.map(({ id }) => id).join(" ");
  for (const ask of [pin({ site: "site-b" }, "s1"), pin({ channel: "canary" }, "c1")]) leader.ask(ask, fine);
  assert.deepEqual([standing(), leader.answered, leader.route?.pinnedChannel], ["s1 c1", ["site-b"], "canary"]);
  leader.ask(pin({ channel: "stable" }, "c2"), fine);
  assert.deepEqual([standing(), leader.answered, leader.route?.pinnedChannel], ["s1 c2", ["site-b"], "stable"]);
  leader.ask(pin({ site: "site-a", channel: "canary" }, "both"), fine);
  assert.deepEqual([standing(), leader.answered, leader.route?.pinnedChannel], ["both", ["site-a"], "canary"]);
});

const pins: readonly [string, Ask, string][] = [
  ["to no channel of it", pin({ channel: "canray" }), "NOT_FOUND"],
  ["to a channel and no site of it", pin({ channel: "canary", site: "site-c" }), "NOT_FOUND"],
  ["of every service", { kind: "set-override", override: overrideOf("pin", { channel: "canary" }) }, "BODY_INVALID"],
  ["to neither", pin({}), "BODY_INVALID"],
  [
    "that is a drain",
    { kind: "set-override", override: overrideOf("drain", { site: "site-a", channel: "canary" }) },
    "BODY_INVALID",
  ],
];
for (const [name, ask, code] of pins) {
  test(`refused: a pin ${name}: ${code}`, () => assert.equal(codeOf(settled().ask(ask, fine)), code));
}

test("refused: a pin to a channel where nobody routes, or that has no pool", () => {
  assert.equal(codeOf(settled(configOfThree(chat)).ask(pin({ channel: "canary" }), fine)), "BODY_INVALID");
  const bare = { ...chat, pools: chat.pools.filter(({ channel }) => channel !== "experiment") };
  assert.equal(
    codeOf(settled(withGateways(configOfThree(bare))).ask(pin({ channel: "experiment" }), fine)),
    "BODY_INVALID",
  );
});

test("a pin to a channel ends with the channel, its pools or the gateways", () => {
  const without = chat.pools.filter(({ channel }) => channel !== "experiment");
  for (const next of [
    withGateways(configOfThree(withChannels(chat, { stable: 90, canary: 10 }), embed)),
    withGateways(configOfThree({ ...chat, pools: without }, embed)),
    configOfThree(chat, embed),
  ]) {
    const leader = settled();
    leader.ask(pin({ channel: "experiment" }), fine);
    assert.equal(codeOf(leader.ask(apply(next, leader), fine)), "done");
    assert.deepEqual(leader.world.durable.overrides, []);
    assert.equal(leader.route?.pinnedChannel, undefined);
  }
});
