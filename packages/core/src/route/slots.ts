import { type ChannelWeight, slotCounts } from "./slot-counts.ts";
import { bounded, earlierState } from "./slot-history.ts";
import { moveSlots } from "./slot-move.ts";
import { ownerNow, type SlotTable, type Surplus } from "./slot-table.ts";

/** A first table: each channel's slots in a row, in the order of the weights. */
export function newSlots(weights: readonly ChannelWeight[]): SlotTable {
  return [...slotCounts(weights)]
    .filter(([, count]) => count > 0)
    .map(([channel, count]) => ({ count, owners: [{ channel, since: 0 }] }));
}

/**
 * The table under new weights; the very same one when they change no count. A channel that is no longer named gives up all
 * its slots.
 *
 * First look whether these numbers were in force before and can be had back with the least number of moves: then that state
 * is restored, past and all, as if nothing had happened since. That is what an abort is, after however many steps. Otherwise
 * move as few slots as possible, last in, first out.
 */
export function reweigh(table: SlotTable, weights: readonly ChannelWeight[]): SlotTable {
  const surplus = surplusOf(table, slotCounts(weights));
  if (surplus.size === 0) return table;
  return earlierState(table, surplus) ?? bounded(moveSlots(table, surplus));
}

function surplusOf(table: SlotTable, due: ReturnType<typeof slotCounts>): Surplus {
  const surplus = new Map([...due].map(([channel, count]) => [channel, -count]));
  for (const stack of table) {
    const channel = ownerNow(stack);
    surplus.set(channel, (surplus.get(channel) ?? 0) + stack.count);
  }
  return new Map([...surplus].filter(([, count]) => count !== 0));
}
