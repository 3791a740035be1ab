import fc from "fast-check";
import type { ChannelName } from "../model.ts";
import { type ChannelWeight, slotCounts } from "./slot-counts.ts";
import { ownerNow, type SlotTable } from "./slot-table.ts";
import { newSlots, reweigh } from "./slots.ts";

const channels = ["stable", "canary", "blue", "green", "next"];

const weightsWith = (weight: fc.Arbitrary<number>, channelsMax: number): fc.Arbitrary<readonly ChannelWeight[]> =>
  fc
    .uniqueArray(fc.record({ name: fc.constantFrom(...channels.slice(0, channelsMax)), weight }), {
      selector: ({ name }) => name,
      minLength: 1,
    })
    .filter((weights) => weights.some((each) => each.weight > 1e-6));

/** Weights of up to five channels, of which some may be missing. The few that often come again make tables go back and forth. */
export const anyWeights: fc.Arbitrary<readonly ChannelWeight[]> = fc.oneof(
  weightsWith(fc.oneof(fc.nat(100), fc.double({ min: 0, max: 1, noNaN: true })), 5),
  weightsWith(fc.nat(2), 3),
);

export const weightsOf = (weights: Readonly<Record<string, number>>): ChannelWeight[] =>
  Object.entries(weights).map(([name, weight]) => ({ name, weight }));

/** A table with a past: it has seen these weights, one after the other. */
export const tableAfter = (list: readonly (readonly ChannelWeight[])[]): SlotTable => {
  const [first = weightsOf({ stable: 1 }), ...more] = list;
  return more.reduce(reweigh, newSlots(first));
};

export const anyTable: fc.Arbitrary<SlotTable> = fc.array(anyWeights, { minLength: 1, maxLength: 8 }).map(tableAfter);

/** The owner of each slot. */
export const ownersOf = (table: SlotTable): ChannelName[] =>
  table.flatMap((stack) => Array.from({ length: stack.count }, () => ownerNow(stack)));

/** The owners in short, for comparing: `stable 9500, canary 500`. */
export function shapeOf(table: SlotTable): string {
  const owners = ownersOf(table);
  const begins = owners.flatMap((owner, slot) => (owner === owners[slot - 1] ? [] : [slot]));
  return begins.map((slot, at) => `${owners[slot]} ${(begins[at + 1] ?? owners.length) - slot}`).join(", ");
}

export const movedBetween = (one: SlotTable, other: SlotTable): number => {
  const owners = ownersOf(other);
  return ownersOf(one).filter((owner, slot) => owner !== owners[slot]).length;
};

export const countsIn = (owners: readonly ChannelName[]): Map<ChannelName, number> => {
  const counts = new Map<ChannelName, number>();
  for (const owner of owners) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return counts;
};

/** The fewest slots that must move: what those who lose slots lose. */
export function leastMoves(table: SlotTable, weights: readonly ChannelWeight[]): number {
  const due = slotCounts(weights);
  return [...countsIn(ownersOf(table))].reduce(
    (sum, [name, count]) => sum + Math.max(0, count - (due.get(name) ?? 0)),
    0,
  );
}
