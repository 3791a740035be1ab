import { invariant } from "../invariant.ts";
import type { ChannelName } from "../model.ts";
import { type SlotRun, slotCount } from "./route.ts";
import { ownerNow, type SlotTable } from "./slot-table.ts";

/** The owners alone, as a snapshot carries them: channels by their index, without the past. */
export function slotRuns(table: SlotTable, channels: readonly ChannelName[]): SlotRun[] {
  const runs: SlotRun[] = [];
  for (const stack of table) {
    const channel = channels.indexOf(ownerNow(stack));
    invariant(channel >= 0, `${ownerNow(stack)} owns slots and is no channel`);
    const before = runs.at(-1);
    if (before?.[0] === channel) runs[runs.length - 1] = [channel, before[1] + stack.count];
    else runs.push([channel, stack.count]);
  }
  return runs;
}

/** The owner of one slot, as an index into the channels. For now and then; who asks for every request compiles the runs. */
export function ownerOf(runs: readonly SlotRun[], slot: number): number {
  let end = 0;
  for (const [channel, count] of runs) {
    end += count;
    if (slot < end) return channel;
  }
  invariant(false, `the runs end at ${end}, before slot ${slot}`);
}

/** The owner of every slot, by one look, as an index into so many channels: 20 kB. */
export function compileSlots(runs: readonly SlotRun[], channelCount: number): Uint16Array {
  const owners = new Uint16Array(slotCount);
  let end = 0;
  for (const [channel, count] of runs) {
    invariant(channel >= 0 && channel < channelCount, `slots belong to channel ${channel} of ${channelCount}`);
    owners.fill(channel, end, end + count);
    end += count;
  }
  invariant(end === slotCount, `the runs cover ${end} slots of ${slotCount}`);
  return owners;
}
