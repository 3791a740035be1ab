import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compileSlots, ownerOf, slotRuns } from "./slot-runs.ts";
import { newSlots } from "./slots.ts";
import { anyTable, ownersOf, weightsOf } from "./test-slots.ts";

const channels = ["stable", "canary", "blue", "green", "next"];

test("compiled runs are the table, slot by slot", () => {
  fc.assert(
    fc.property(anyTable, fc.nat(9_999), (table, slot) => {
      const runs = slotRuns(table, channels);
      const compiled = compileSlots(runs, channels.length);
      assert.deepEqual(
        Array.from(compiled, (index) => channels[index]),
        ownersOf(table),
      );
      assert.equal(ownerOf(runs, slot), compiled[slot]);
      assert.ok(runs.every(([channel], at) => channel !== runs[at - 1]?.[0]));
    }),
  );
});

test("runs that don't cover just the slots, and owners that are no channel, are our own mistake", () => {
  assert.throws(() => compileSlots([[0, 9_999]], 1), /^Error: invariant: the runs cover 9999 slots/);
  assert.throws(() => compileSlots([[0, 10_001]], 1), /^Error: invariant: the runs cover 10001 slots/);
  assert.throws(() => compileSlots([[1, 10_000]], 1), /^Error: invariant: slots belong to channel 1 of 1/);
  assert.throws(() => ownerOf([[0, 10_000]], 10_000), /^Error: invariant: the runs end/);
  assert.throws(() => slotRuns(newSlots(weightsOf({ gone: 1 })), channels), /gone owns slots and is no channel/);
});
