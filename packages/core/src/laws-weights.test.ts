import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptSnapshot, wildServices } from "./accept.ts";
import { policySites } from "./config.ts";
import { overridesOf, pinnedChannelOf } from "./override.ts";
import { slotCount } from "./route/route.ts";
import { ownerNow } from "./route/slot-table.ts";
import { whyNotRoute } from "./route/why-not-route.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Change } from "./step.ts";
import { type Cycle, holds as holdsAlways } from "./test-histories.ts";
import { weightSum, weightsOf } from "./weights.ts";

/* Laws of weights and routes, over whole histories. See laws.test.ts. */

const runs = { numRuns: Number(process.env["LAW_RUNS"] ?? 40) };
const holds = (law: () => (cycle: Cycle) => void): void => holdsAlways(law, runs.numRuns);

test("every user has somewhere to go: a route's slots are exact, and of channels that have pools; a pin is held to", () => {
  holds(() => ({ after }) => {
    const { snapshot, config, overrides } = after.durable;
    assert.equal(snapshot?.gateways?.length ?? 0, config.gateways.length);
    for (const { service: name, route } of snapshot?.services ?? []) {
      assert.equal(route !== undefined, config.gateways.length > 0);
      if (!route) continue;
      assert.equal(whyNotRoute(route), undefined);
      assert.equal(route.pinnedChannel, pinnedChannelOf(overridesOf(overrides, name)));
      const entry = config.services.find((each) => each.name === name);
      assert.deepEqual(new Set(route.sites.map(({ site: at }) => at)), new Set(entry && policySites(entry.policy)));
    }
  });
});

test("weights are what was asked last: each channel has its share of the slots, to one slot", () => {
  holds(() => ({ after }) => {
    for (const entry of after.durable.config.services) {
      const state = after.durable.services[entry.name];
      assert.ok(state?.slots);
      const weights = weightsOf(entry, state);
      const sum = weightSum(weights);
      for (const { name, weight } of weights) {
        const owned: number = state.slots
          .filter((stack) => ownerNow(stack) === name)
          .reduce((all, { count }) => all + count, 0);
        assert.ok(Math.abs(owned - (weight / sum) * slotCount) < 1, `${name} owns ${owned}`);
      }
    }
  });
});

test("a change of weights moves no service, and a move changes no weights", () => {
  holds(() => ({ before, outcome, commands, again }) => {
    const others = commands.filter(({ ask }) => ask.kind !== "set-weights");
    if (others.length < commands.length) {
      const alone = again(others).change;
      const placed = (change: Change | undefined) =>
        change?.decisions.map(({ service: name, from, to, situation }) => ({ name, from, to, situation })) ?? [];
      assert.deepEqual(placed(outcome.change), placed(alone));
    }
    const isWeighed = outcome.events.some((event) => event.kind === "weights-set");
    for (const [name, state] of Object.entries(outcome.change?.durable.services ?? {})) {
      const was = before.durable.services[name];
      if (!isWeighed && was) assert.deepEqual([state.weights, state.slots], [was.weights, was.slots]);
    }
  });
});

test("a node takes every snapshot that a leader publishes, whichever of the earlier ones it holds", () => {
  holds(() => {
    const published: Snapshot[] = [];
    return ({ after: { durable } }) => {
      const { snapshot } = durable;
      if (!snapshot || snapshot === published.at(-1)) return;
      for (const held of published) {
        assert.deepEqual(acceptSnapshot(held, snapshot), { kind: "accept" });
        assert.deepEqual(wildServices(held, snapshot), [], "a change without a cause");
      }
      published.push(snapshot);
    };
  });
});
