import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { slotCount } from "./route.ts";
import { type ChannelWeight, slotCounts } from "./slot-counts.ts";
import { ownersIn, slotOwnersMax } from "./slot-history.ts";
import { ownerOf, slotRuns } from "./slot-runs.ts";
import { changesIn, type SlotTable } from "./slot-table.ts";
import { newSlots, reweigh } from "./slots.ts";
import {
  anyTable,
  anyWeights,
  countsIn,
  leastMoves,
  movedBetween,
  ownersOf,
  shapeOf,
  tableAfter,
  weightsOf,
} from "./test-slots.ts";

test("a first table gives each channel its slots in a row", () => {
  assert.deepEqual(newSlots(weightsOf({ stable: 95, canary: 5, next: 0 })), [
    { count: 9_500, owners: [{ channel: "stable", since: 0 }] },
    { count: 500, owners: [{ channel: "canary", since: 0 }] },
  ]);
});

test("every table is exact, whatever came before", () => {
  fc.assert(fc.property(anyTable, anyWeights, (table, weights) => checkTable(reweigh(table, weights), weights)));
});

/** What must be so of every table. */
function checkTable(table: SlotTable, weights: readonly ChannelWeight[]): void {
  const owners = ownersOf(table);
  assert.equal(owners.length, slotCount);
  const due = [...slotCounts(weights)].filter(([, count]) => count > 0);
  assert.deepEqual(Object.fromEntries(countsIn(owners)), Object.fromEntries(due));
  const firsts = new Set(table.map((stack) => stack.owners[0]?.since));
  assert.equal(firsts.size, 1, "memory begins at one change");
  for (const { count, owners: past } of table) {
    assert.ok(count > 0);
    assert.ok(past.every(({ since }, at) => at === 0 || since > (past[at - 1]?.since ?? -1)));
  }
}

test("every change moves as few slots as the numbers allow", () => {
  fc.assert(
    fc.property(anyTable, anyWeights, (table, weights) => {
      assert.equal(movedBetween(table, reweigh(table, weights)), leastMoves(table, weights));
    }),
  );
});

test("a channel that doesn't shrink keeps every one of its users", () => {
  fc.assert(
    fc.property(anyTable, anyWeights, (table, weights) => {
      const [before, after] = [ownersOf(table), ownersOf(reweigh(table, weights))];
      const [had, has] = [countsIn(before), countsIn(after)];
      for (const [slot, owner] of before.entries()) {
        if ((has.get(owner) ?? 0) >= (had.get(owner) ?? 0)) assert.equal(after[slot], owner);
      }
    }),
  );
});

test("weights that change no count give the very same table", () => {
  fc.assert(
    fc.property(
      fc.array(anyWeights, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 9 }),
      (list, factor) => {
        const table = tableAfter(list);
        const same = (list.at(-1) ?? []).map(({ name, weight }) => ({ name, weight: weight * 2 ** factor }));
        assert.equal(reweigh(table, same), table);
      },
    ),
  );
});

/** Steps in which some channels only grow and the others only shrink: a rollout. */
const anyRollout = fc
  .tuple(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 5, maxLength: 5 }), fc.nat(2), fc.nat(5))
  .map(([gains, growing, steps]) =>
    Array.from({ length: steps + 1 }, (_, step) =>
      ["stable", "blue", "green", "canary", "next"].map((name, at) => ({
        name,
        weight: 150 + (at > 1 + growing ? 1 : -1) * (gains[at] ?? 0) * (step + 1),
      })),
    ),
  );

test("a rollout in steps and its abort restore every slot, with its past, whatever came before", () => {
  fc.assert(
    fc.property(fc.array(anyWeights, { maxLength: 6 }), anyRollout, (past, [first = [], ...steps]) => {
      const before = tableAfter([...past, first]);
      const after = steps.reduce(reweigh, before);
      assert.deepEqual(reweigh(after, first), before);
    }),
  );
});

test("a way taken back step by step restores every slot at every step", () => {
  fc.assert(
    fc.property(anyTable, fc.array(anyWeights, { maxLength: 8 }), (start, list) => {
      // What can be taken back: a step that restores an earlier state forgets those after it, as a browser's back button does.
      let trail: { readonly table: SlotTable; readonly weights: readonly ChannelWeight[] }[] = [];
      let table = start;
      for (const weights of list) {
        const next = reweigh(table, weights);
        const isNew = (changesIn(next).at(-1) ?? 0) > (changesIn(table).at(-1) ?? 0);
        if (!isNew) trail = trail.slice(0, 1 + trail.findIndex((step) => isDeepStrictEqual(step.table, next)));
        if (isNew || trail.length === 0) trail.push({ table: next, weights });
        table = next;
      }
      for (const step of trail.reverse()) {
        table = reweigh(table, step.weights);
        assert.equal(shapeOf(table), shapeOf(step.table));
      }
    }),
  );
});

test("an abort and a second try give the canary the same users, in whatever steps", () => {
  const canaryAt = (...percents: readonly number[]): string =>
    shapeOf(tableAfter(percents.map((canary) => weightsOf({ stable: 90 - canary, canary, blue: 10 }))));
  assert.deepEqual(canaryAt(0, 1, 5, 20, 50, 0), canaryAt(0));
  assert.deepEqual(canaryAt(0, 1, 5, 20, 0, 20), canaryAt(0, 1, 5, 20));
  assert.deepEqual(canaryAt(0, 20), canaryAt(0, 1, 5, 20));
  // A part taken back and given again, neither of which was in force before.
  assert.deepEqual(canaryAt(0, 20, 10, 15), canaryAt(0, 15));
  assert.deepEqual(canaryAt(0, 20, 10, 30), canaryAt(0, 30));
  assert.deepEqual(canaryAt(0, 10, 30, 15, 7, 18), canaryAt(0, 18));
});

test("A85 B5 C10 to A75 B15 C10 moves no user of C, and 10 % of all", () => {
  const before = newSlots(weightsOf({ a: 85, b: 5, c: 10 }));
  const after = reweigh(before, weightsOf({ a: 75, b: 15, c: 10 }));
  assert.equal(movedBetween(before, after), 1_000);
  const areOfC = (table: SlotTable): boolean[] => ownersOf(table).map((owner) => owner === "c");
  assert.deepEqual(areOfC(after), areOfC(before));
});

test("a channel that is gone leaves its slots to those who had them before, and comes back to the same", () => {
  const both = tableAfter([weightsOf({ a: 60, b: 40 }), weightsOf({ a: 50, b: 30, canary: 20 })]);
  const gone = reweigh(both, weightsOf({ a: 60, b: 40 }));
  assert.deepEqual(gone, newSlots(weightsOf({ a: 60, b: 40 })));
  const grown = reweigh(both, weightsOf({ a: 55, b: 45 }));
  assert.equal(movedBetween(both, grown), 2_000);
  assert.equal(shapeOf(reweigh(grown, weightsOf({ a: 50, b: 30, canary: 20 }))), shapeOf(both));
});

test("gives back what came last, and of that first what its former owner lacks", () => {
  // The canary took 10 % from a, then 10 % from b. Only b's come back when b asks; when a asks, it gets b's: last in, first out.
  const table = tableAfter([
    weightsOf({ a: 50, b: 50, canary: 0 }),
    weightsOf({ a: 40, b: 50, canary: 10 }),
    weightsOf({ a: 35, b: 45, canary: 20 }),
  ]);
  const before = ownersOf(newSlots(weightsOf({ a: 50, b: 50 })));
  const owners = ownersOf(reweigh(table, weightsOf({ a: 35, b: 48, canary: 17 })));
  assert.deepEqual(movedHome(before, ownersOf(table), owners), { b: 300 });
  const others = ownersOf(reweigh(table, weightsOf({ a: 43, b: 45, canary: 12 })));
  assert.deepEqual(movedHome(before, ownersOf(table), others), { a: 500 });
});

test("doesn't go back to old numbers where that takes more moves than they demand", () => {
  const before = tableAfter([
    weightsOf({ a: 50, b: 50, c: 0 }),
    weightsOf({ a: 0, b: 50, c: 50 }),
    weightsOf({ a: 50, b: 0, c: 50 }),
  ]);
  const after = reweigh(before, weightsOf({ a: 50, b: 50, c: 0 }));
  assert.equal(movedBetween(before, after), 5_000);
  assert.equal(shapeOf(after), "b 5000, a 5000");
});

test("goes home to the nearest owner before", () => {
  // Half of the slots went from a to b, the others from z to a, and then all to c: b's could go to a too, and shouldn't.
  const weights = [weightsOf({ a: 50, z: 50 }), weightsOf({ b: 50, z: 50 }), weightsOf({ b: 50, a: 50 })];
  const before = ownersOf(tableAfter(weights));
  const after = ownersOf(tableAfter([...weights, weightsOf({ c: 100 }), weightsOf({ a: 45, b: 45, c: 10 })]));
  for (const [slot, owner] of after.entries()) assert.ok(owner === "c" || owner === before[slot]);
});

test("of slots gained together, gives back first what its former owner had held the longest", () => {
  const grown = [weightsOf({ a: 90, b: 10 }), weightsOf({ a: 80, b: 20 }), weightsOf({ a: 70, b: 30 })];
  const direct = tableAfter([...grown, weightsOf({ a: 70, b: 20, c: 10 })]);
  const tooFar = tableAfter([...grown, weightsOf({ a: 70, b: 10, c: 20 }), weightsOf({ a: 70, b: 20, c: 10 })]);
  assert.equal(shapeOf(tooFar), shapeOf(direct));
});

/** Of the slots that moved between two states, how many each of the first owners got back. */
function movedHome(first: readonly string[], from: readonly string[], to: readonly string[]): Record<string, number> {
  return Object.fromEntries(countsIn(first.filter((owner, slot) => from[slot] !== to[slot] && to[slot] === owner)));
}

test("thousands of changes leave a table that is no bigger, and still exact", () => {
  const anyFull = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(anyFull, { minLength: 1_500, maxLength: 1_500 }), (list) => {
      let table = newSlots(weightsOf({ stable: 1 }));
      let most = 0;
      for (const [a = 0, b = 0, c = 0, d = 0, e = 0] of list) {
        const weights = weightsOf({ a, b, c, d, e });
        table = reweigh(table, weights);
        most = Math.max(most, ownersIn(table));
        if (most === ownersIn(table)) checkTable(table, weights);
      }
      assert.ok(most > 0.9 * slotOwnersMax && most <= slotOwnersMax, `${most}`);
    }),
    // Looking for the smallest such list would take longer than anybody waits.
    { numRuns: 2, endOnFailure: true },
  );
});

test("a hundred rollouts in twenty steps, every other one aborted, end where they should in a small table", () => {
  const names = ["a", "b", "c", "d", "e"];
  let weights = weightsOf({ a: 80, b: 5, c: 5, d: 5, e: 5 });
  let table = newSlots(weights);
  for (let rollout = 0; rollout < 100; rollout += 1) {
    const [heaviest] = weights.toSorted((one, other) => other.weight - one.weight);
    const target = names.filter((name) => name !== heaviest?.name)[rollout % 4];
    const [before, first] = [table, weights];
    for (let step = 1; step <= 20; step += 1) {
      const moved = ((heaviest?.weight ?? 0) * step) / 20;
      const change = (name: string): number => (name === target ? moved : 0) - (name === heaviest?.name ? moved : 0);
      weights = first.map(({ name, weight }) => ({ name, weight: Math.max(0, weight + change(name)) }));
      table = reweigh(table, weights);
    }
    if (rollout % 2 === 1) continue;
    weights = first;
    table = reweigh(table, weights);
    assert.equal(shapeOf(table), shapeOf(before));
  }
  assert.ok(slotRuns(table, names).length <= 10, shapeOf(table));
});

test("runs name the owners of all slots by index, and merge what only the past told apart", () => {
  fc.assert(
    fc.property(anyTable, (table) => {
      const channels = ["next", "green", "blue", "canary", "stable"];
      const runs = slotRuns(table, channels);
      const owners = ownersOf(table);
      for (const slot of [0, 1, 4_999, 9_998, 9_999]) assert.equal(channels[ownerOf(runs, slot)], owners[slot]);
      assert.ok(runs.every(([channel], at) => at === 0 || channel !== runs[at - 1]?.[0]));
    }),
  );
});
