import type { ChannelName } from "../model.ts";
import { ownerNow, type SlotTable } from "./slot-table.ts";

/** How many slots have another owner in the second table. Both cover the same slots in order, in stacks of their own. */
export function movedSlots(before: SlotTable, after: SlotTable): number {
  let moved = 0;
  let [one, other] = [0, 0];
  let [endOne, endOther] = [before[0]?.count ?? 0, after[0]?.count ?? 0];
  for (let at = 0; one < before.length && other < after.length; ) {
    const end = Math.min(endOne, endOther);
    if (ownerAt(before, one) !== ownerAt(after, other)) moved += end - at;
    at = end;
    if (endOne === at) endOne += before[(one += 1)]?.count ?? 0;
    if (endOther === at) endOther += after[(other += 1)]?.count ?? 0;
  }
  return moved;
}

const ownerAt = (table: SlotTable, index: number): ChannelName | undefined => table[index] && ownerNow(table[index]);
