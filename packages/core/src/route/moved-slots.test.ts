import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { movedSlots } from "./moved-slots.ts";
import { newSlots, reweigh } from "./slots.ts";

const weightsOf = (numbers: readonly number[]) => numbers.map((weight, at) => ({ name: `c${at}`, weight }));
const numbers = fc
  .array(fc.integer({ min: 0, max: 100 }), { minLength: 3, maxLength: 3 })
  .filter((each) => each.some((n) => n > 0));

/** Slot by slot, as slow as can be. */
const owners = (table: ReturnType<typeof newSlots>) =>
  table.flatMap(({ count, owners: list }) => Array.from({ length: count }, () => list.at(-1)?.channel));

test("as many slots have moved as have another owner, looked at one by one", () => {
  fc.assert(
    fc.property(fc.array(numbers, { minLength: 2, maxLength: 5 }), (steps) => {
      let table = newSlots(weightsOf(steps[0] ?? []));
      for (const step of steps.slice(1)) {
        const next = reweigh(table, weightsOf(step));
        const [before, after] = [owners(table), owners(next)];
        assert.equal(movedSlots(table, next), before.filter((owner, at) => owner !== after[at]).length);
        table = next;
      }
    }),
    { numRuns: 30 },
  );
});
