import assert from "node:assert/strict";
import { test } from "node:test";
import { commandOf, configOfThree, withChannels, withGateways } from "./fixtures.ts";
import { apply, chat, codeOf, embed, fine, set, settled, type Weights, wanted } from "./test-weighed.ts";

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
