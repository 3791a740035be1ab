import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ask, CommandResult } from "./command.ts";
import type { Config } from "./config.ts";
import {
  commandOf,
  configOfThree,
  failoverOn,
  Leader,
  overrideOf,
  serviceOn,
  withChannels,
  withGateways,
} from "./fixtures.ts";
import { weightsOf } from "./weights.ts";

const fine = { "site-a": "healthy", "site-b": "healthy", "site-c": "healthy" } as const;
const chat = withChannels(serviceOn(failoverOn("site-a", "site-b")), { stable: 90, canary: 10, experiment: 0 });
const embed = withChannels(serviceOn(failoverOn("site-b", "site-a"), { name: "embed", host: "embed.example.test" }), {
  stable: 100,
});
const config = withGateways(configOfThree(chat, embed));

type Weights = Readonly<Record<string, number>>;
const set = (weights: Weights, revision?: number): Ask => ({
  kind: "set-weights",
  service: "chat",
  weights,
  ...(revision === undefined ? {} : { revision }),
});

function settled(of: Config = config): Leader {
  const leader = new Leader(of);
  leader.see(fine);
  return leader;
}

const codeOf = (result: CommandResult | undefined): string | undefined =>
  result?.kind === "refused" ? result.code : result?.kind;
const wanted = (leader: Leader): string => {
  const service = leader.world.durable.config.services.find(({ name }) => name === "chat");
  assert.ok(service && leader.state);
  return weightsOf(service, leader.state)
    .map(({ name, weight }) => `${name} ${weight}`)
    .join(", ");
};

test("a new service's users are split as the configuration says", () => {
  const { route } = settled();
  assert.deepEqual(route?.channels, chat.channels);
  assert.deepEqual(route?.slots, [
    [0, 9_000],
    [1, 1_000],
  ]);
});

test("weights are set: slots, fence, cause and journal say so in one commit, and nothing moves", () => {
  const leader = settled();
  const { change, events, results } = leader.see(fine, [commandOf(set({ stable: 80, canary: 20 }))]);
  const sequence = change?.durable.sequence;
  assert.deepEqual(change?.decisions, []);
  assert.deepEqual(leader.answered, ["site-a"]);
  assert.deepEqual(change?.snapshot?.fence.sequence, sequence);
  assert.deepEqual(change?.snapshot?.causes, [
    { kind: "operator", service: "chat", command: "weights stable=80 canary=20", by: "anna" },
  ]);
  const owned = leader.route?.slots.reduce((sum, [channel, count]) => sum + (channel === 1 ? count : 0), 0);
  assert.equal(owned, 2_000);
  const told = events.filter(({ kind }) => kind === "weights-set");
  assert.deepEqual(told, [
    {
      kind: "weights-set",
      service: "chat",
      sequence,
      from: chat.channels,
      to: [
        { name: "stable", weight: 80 },
        { name: "canary", weight: 20 },
        { name: "experiment", weight: 0 },
      ],
      movedSlots: 1_000,
      by: "anna",
      reason: "test",
    },
  ]);
  const result = results["c1"];
  assert.ok(result?.kind === "done");
  assert.deepEqual(result.sequences, [sequence]);
  assert.deepEqual(result.lines, [
    "anna set the weights of chat to stable 80, canary 20, experiment 0 (were stable 90, canary 10, experiment 0), 10 % of the users move: test",
  ]);
  assert.deepEqual(leader.state?.weightsSequence, sequence);
  assert.equal(leader.see(fine).change, undefined, "and that is all");
});

test("a rehearsal says the same and leaves no trace", () => {
  const leader = settled();
  const { durable } = leader.world;
  const outcome = leader.see(fine, [commandOf(set({ stable: 50, canary: 50 }), { isDryRun: true })]);
  const result = outcome.results["c1"];
  assert.ok(result?.kind === "done" && /40 % of the users move/.test(result.lines[0] ?? ""));
  assert.deepEqual([result.sequences, outcome.change, outcome.events], [[], undefined, []]);
  assert.equal(leader.world.durable, durable);
});

const refused: readonly [string, Ask, string, RegExp][] = [
  ["no such service", { ...set({ stable: 1 }), service: "none" } as Ask, "NOT_FOUND", /no service none/],
  ["an unknown channel", set({ stable: 90, canray: 10 }), "WEIGHTS_INVALID", /chat has no channel canray/],
  [
    "a channel called as what every object has",
    set({ stable: 90, canary: 10, constructor: 1 }),
    "WEIGHTS_INVALID",
    /constructor/,
  ],
  ["a sum of zero", set({ stable: 0, canary: 0 }), "WEIGHTS_INVALID", /sum to zero/],
  ["a negative weight", set({ stable: 90, canary: -1 }), "WEIGHTS_INVALID", /-1 is no weight, for canary/],
  ["no number", set({ stable: 90, canary: Number.NaN }), "WEIGHTS_INVALID", /NaN is no weight/],
  ["no end of weight", set({ stable: 90, canary: Infinity }), "WEIGHTS_INVALID", /Infinity is no weight/],
  [
    "a weight above the configuration's bound",
    set({ stable: 90, canary: 1_000_001 }),
    "WEIGHTS_INVALID",
    /1000001 is no/,
  ],
  ["nothing at all", set({}), "WEIGHTS_INVALID", /stable has weight 90 and is not named/],
  [
    "a channel with a weight that isn't named",
    set({ stable: 100 }),
    "WEIGHTS_INVALID",
    /canary has weight 10 and is not/,
  ],
  [
    "what they are already",
    set({ stable: 90, canary: 10 }),
    "NOTHING_TO_DO",
    /stable 90, canary 10, experiment 0 already/,
  ],
  ["an older revision", set({ stable: 80, canary: 20 }, 77), "WEIGHTS_STALE", /since change 0$/],
];

for (const [name, ask, code, words] of refused) {
  test(`refused: ${name}, ${code}, and users stay where they are`, () => {
    const leader = settled();
    const { durable } = leader.world;
    const { results, change, events } = leader.see(fine, [commandOf(ask)]);
    const result = results["c1"];
    assert.ok(result?.kind === "refused", JSON.stringify(result));
    assert.equal(result.code, code);
    assert.match(result.because, words);
    assert.deepEqual([change, events.map(({ kind }) => kind)], [undefined, ["refused"]]);
    assert.equal(leader.world.durable, durable);
  });
}

test("of two changes made on the same weights, the second is refused", () => {
  const leader = settled();
  const revision = leader.state?.weightsSequence ?? -1;
  const asks = [set({ stable: 80, canary: 20 }, revision), set({ stable: 95, canary: 5 }, revision)];
  const { results } = leader.see(
    fine,
    asks.map((ask, at) => commandOf(ask, { id: `c${at}` })),
  );
  assert.deepEqual([codeOf(results["c0"]), codeOf(results["c1"])], ["done", "WEIGHTS_STALE"]);
  assert.equal(wanted(leader), "stable 80, canary 20, experiment 0");
  assert.equal(codeOf(leader.ask(set({ stable: 95, canary: 5 }, leader.state?.weightsSequence), fine)), "done");
});

test("a channel without a pool gets no users; one whose pools nobody has proven does, and it is said", () => {
  const bare = { ...chat, pools: chat.pools.filter(({ channel }) => channel !== "experiment") };
  const leader = settled(withGateways(configOfThree(bare)));
  const homeless = leader.ask(set({ stable: 0, canary: 0, experiment: 100 }), fine);
  assert.ok(homeless?.kind === "refused" && homeless.code === "WEIGHTS_INVALID");
  assert.match(homeless.because, /experiment has a pool in no site of the policy/);
  const told = leader.ask(set({ stable: 80, canary: 20 }), { "site-a": "down", "site-b": "unknown" });
  assert.ok(told?.kind === "done");
  assert.match(told.lines[0] ?? "", /no pool of stable, canary is known to serve/);
});

test("an abort after any steps brings every user back to where he was", () => {
  const leader = settled();
  const home = leader.route?.slots;
  for (const canary of [20, 50, 100, 35]) leader.ask(set({ stable: 100 - canary, canary }), fine);
  leader.ask(set({ stable: 90, canary: 10 }), fine);
  assert.deepEqual(leader.route?.slots, home);
  assert.equal(leader.state?.weights, undefined, "the configuration's own weights need not be remembered");
});

test("weights outlive a failover, and a dead site takes no share with it", () => {
  const leader = settled();
  leader.ask(set({ stable: 80, canary: 20 }), fine);
  const before = leader.route;
  leader.see({ ...fine, "site-a": "down" });
  assert.deepEqual(leader.answered, ["site-b"]);
  assert.deepEqual([leader.route?.slots, leader.route?.channels], [before?.slots, before?.channels]);
  assert.deepEqual(
    leader.route?.sites.map(({ site, role }) => [site, role]),
    [
      ["site-b", "placed"],
      ["site-a", "standby"],
    ],
  );
});

test("a world that an older Sluice wrote down gets its slots in the first cycle, and gateways their routes", () => {
  const leader = settled();
  const { slots: _, weightsSequence: __, ...old } = leader.state ?? assert.fail("it is placed");
  const { durable } = leader.world;
  const heir = new Leader(config);
  heir.epoch = 2;
  heir.now = leader.now;
  heir.world = { ...heir.world, durable: { ...durable, services: { ...durable.services, chat: old } } };
  heir.see(fine);
  assert.deepEqual(heir.route, leader.route);
  assert.equal(heir.state?.weightsSequence, durable.sequence);
  // The command of the first cycle comes before the slots are given out.
  const second = new Leader(config);
  second.epoch = 2;
  second.now = leader.now;
  second.world = { ...second.world, durable: { ...durable, services: { ...durable.services, chat: old } } };
  assert.equal(codeOf(second.ask(set({ stable: 80, canary: 20 }), fine)), "done");
  assert.equal(wanted(second), "stable 80, canary 20, experiment 0");
});

/** What is set at run time, which channels the next configuration has, and what is wanted then. */
const applied: readonly [string, Weights | undefined, Weights, string][] = [
  ["nothing set, the configuration says new weights", undefined, { stable: 70, canary: 30 }, "stable 70, canary 30"],
  [
    "set, and the configuration says what it said",
    { stable: 50, canary: 50 },
    { stable: 90, canary: 10, experiment: 0 },
    "stable 50, canary 50, experiment 0",
  ],
  [
    "set, and the configuration gets a channel without weight",
    { stable: 50, canary: 50 },
    { stable: 90, canary: 10, experiment: 0, late: 0 },
    "stable 50, canary 50, experiment 0, late 0",
  ],
  [
    "set, and the configuration lists them in another order",
    { stable: 50, canary: 50 },
    { stable: 90, experiment: 0, canary: 10 },
    "stable 50, experiment 0, canary 50",
  ],
  [
    "set, and the configuration drops a channel without weight",
    { stable: 50, canary: 50 },
    { stable: 90, canary: 10 },
    "stable 50, canary 50",
  ],
  [
    "set, and the configuration drops a channel that only an operator gave users",
    { stable: 50, canary: 25, experiment: 25 },
    { stable: 90, canary: 10 },
    "stable 50, canary 25",
  ],
  [
    "all users set to a channel that the configuration drops",
    { stable: 0, canary: 0, experiment: 1 },
    { stable: 90, canary: 10 },
    "stable 90, canary 10",
  ],
  [
    "set, and the configuration says another weight of one channel",
    { stable: 50, canary: 50 },
    { stable: 90, canary: 20, experiment: 0 },
    "stable 90, canary 20, experiment 0",
  ],
  [
    "set, and the configuration gets a channel with a weight",
    { stable: 50, canary: 50 },
    { stable: 90, canary: 10, experiment: 1 },
    "stable 90, canary 10, experiment 1",
  ],
  [
    "set, and the configuration now says just that",
    { stable: 50, canary: 50 },
    { stable: 50, canary: 50, experiment: 0 },
    "stable 50, canary 50, experiment 0",
  ],
];

const apply = (next: Config, leader: Leader): Ask => ({
  kind: "apply-config",
  config: next,
  revisionBefore: leader.world.durable.configRevision,
});

for (const [name, weights, channels, expected] of applied) {
  test(`applied: ${name}: ${expected}`, () => {
    const leader = settled();
    if (weights) assert.equal(codeOf(leader.ask(set(weights), fine)), "done");
    const [before, revision] = [wanted(leader), leader.state?.weightsSequence ?? 0];
    const next = withGateways(configOfThree(withChannels(chat, channels), embed));
    const outcome = leader.see(fine, [commandOf(apply(next, leader))]);
    assert.equal(outcome.results["c1"]?.kind, "done");
    assert.equal(wanted(leader), expected);
    const told = outcome.events.filter(({ kind }) => kind === "weights-set");
    const isNew =
      expected
        .replaceAll(/, \w+ 0/g, "")
        .split(", ")
        .sort()
        .join() !==
      before
        .replaceAll(/, \w+ 0/g, "")
        .split(", ")
        .sort()
        .join();
    assert.equal(told.length, isNew ? 1 : 0);
    assert.equal((leader.state?.weightsSequence ?? 0) > revision, isNew);
    const sum = leader.route?.slots.reduce((total, [, count]) => total + count, 0);
    assert.equal(sum, 10_000);
  });
}

test("a channel that loses its pools keeps no users", () => {
  const leader = settled();
  leader.ask(set({ stable: 50, canary: 25, experiment: 25 }), fine);
  const bare = { ...chat, pools: chat.pools.filter(({ channel }) => channel !== "experiment") };
  assert.equal(codeOf(leader.ask(apply(withGateways(configOfThree(bare, embed)), leader), fine)), "done");
  assert.equal(wanted(leader), "stable 50, canary 25, experiment 0");
});

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

test("without gateways weights can be set all the same, and no snapshot carries a route", () => {
  const leader = settled(configOfThree(chat));
  assert.equal(codeOf(leader.ask(set({ stable: 1, canary: 1 }), fine)), "done");
  assert.equal(wanted(leader), "stable 1, canary 1, experiment 0");
  assert.deepEqual([leader.route, leader.world.durable.snapshot?.gateways], [undefined, undefined]);
});

test("a command with many channels fits into a snapshot's cause", () => {
  const many = Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`${"c".repeat(60)}${at}`, 1]));
  const leader = settled(withGateways(configOfThree(withChannels(chat, many))));
  leader.ask(set({ ...many, [`${"c".repeat(60)}0`]: 2 }), fine);
  const cause = leader.world.durable.snapshot?.causes[0];
  assert.ok(cause?.kind === "operator" && cause.command.length === 200 && cause.command.endsWith("…"));
});
