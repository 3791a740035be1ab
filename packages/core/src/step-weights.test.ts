import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ask } from "./command.ts";
import { commandOf, configOfThree, Leader, withChannels, withGateways } from "./fixtures.ts";
import { chat, codeOf, config, fine, set, settled, wanted } from "./test-weighed.ts";

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
