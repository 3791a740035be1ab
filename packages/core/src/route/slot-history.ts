import type { ChannelName } from "../model.ts";
import { changesIn, merged, ownerNow, type SlotStack, type SlotTable, type Surplus } from "./slot-table.ts";

/**
 * The past that a table keeps: so many owners in all, those of today included. A rollout in twenty steps that takes from two
 * channels needs about 80. More would remember longer, and cost the store some 30 bytes each, written at every change.
 */
export const slotOwnersMax = 1_000;

/**
 * The newest earlier state of the table that has just the counts now wanted and is the least number of moves away, or undefined.
 *
 * Equal counts alone aren't enough: if A gave to C, and then B to A, the first numbers can be had again by moving C's slots to
 * B, in half as many moves as sending everybody home takes.
 */
export function earlierState(table: SlotTable, surplus: Surplus): SlotTable | undefined {
  const [, ...earlier] = changesIn(table).reverse();
  for (const change of earlier) {
    const then = table.map((stack) => asOf(stack, change));
    if (isWanted(table, then, surplus)) return merged(then);
  }
  return undefined;
}

/**
 * Forgets the oldest changes until the table fits, and merges neighbours whose pasts have become the same. Today's owners stay
 * whatever they take: some 700 after a thousand wild changes of 64 channels, 5 after 600 rollouts of 5.
 */
export function bounded(table: SlotTable): SlotTable {
  let kept = merged(table);
  const [, ...changes] = changesIn(kept);
  for (const change of changes) {
    if (ownersIn(kept) <= slotOwnersMax) break;
    kept = merged(kept.map((stack) => forgetting(stack, change)));
  }
  return kept;
}

/** How many owners a table names, past ones too. */
export const ownersIn = (table: SlotTable): number => table.reduce((total, { owners }) => total + owners.length, 0);

/** The stack as it stood right after a change. */
const asOf = ({ count, owners }: SlotStack, change: number): SlotStack => ({
  count,
  owners: owners.filter(({ since }) => since <= change),
});

/** The stack without what was before a change: whoever owned right after it is the first one known. */
function forgetting(stack: SlotStack, change: number): SlotStack {
  const first = { channel: ownerNow(asOf(stack, change)), since: change };
  return { count: stack.count, owners: [first, ...stack.owners.filter(({ since }) => since > change)] };
}

/** Whether going from one state to the other takes from each channel exactly its surplus, by the least number of moves. */
function isWanted(now: SlotTable, then: SlotTable, surplus: Surplus): boolean {
  const given = new Map<ChannelName, number>();
  const give = (channel: ChannelName, count: number): unknown => given.set(channel, (given.get(channel) ?? 0) + count);
  let moved = 0;
  for (const [at, stack] of now.entries()) {
    const [from, to] = [ownerNow(stack), ownerNow(then[at] as SlotStack)];
    if (from === to) continue;
    moved += stack.count;
    give(from, stack.count);
    give(to, -stack.count);
  }
  const least = [...surplus.values()].reduce((total, count) => total + Math.max(0, count), 0);
  // With the least number of moves nobody both gives and takes, so whoever has no surplus wasn't touched.
  return moved === least && [...surplus].every(([channel, count]) => given.get(channel) === count);
}
