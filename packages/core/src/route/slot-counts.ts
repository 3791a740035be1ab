import { invariant } from "../invariant.ts";
import type { ChannelName } from "../model.ts";
import { slotCount } from "./route.ts";

/** Weights are relative: 90 and 10 say the same as 9 and 1. None is negative and their sum is above 0: the door sees to that. */
export type ChannelWeight = { readonly name: ChannelName; readonly weight: number };

/**
 * How many of the 10,000 slots each channel is due, by largest remainder: everybody gets the whole slots of their exact share,
 * and those left over go to the largest fractions, the earlier channel first where two are equal. So the sum is always
 * exact, nobody is off by a whole slot, and 0 stays 0. A weight below 0.005 % of the sum may get no slot.
 *
 * Every named channel is in the answer, in the order given, also with 0.
 */
export function slotCounts(weights: readonly ChannelWeight[]): Map<ChannelName, number> {
  const sum = weights.reduce((total, { weight }) => total + weight, 0);
  invariant(sum > 0 && Number.isFinite(sum), `weights must have a sum above 0, not ${sum}`);
  const shares = weights.map(({ name, weight }) => {
    invariant(weight >= 0, `the weight of ${name} must not be negative`);
    const exact = (weight / sum) * slotCount;
    return { name, whole: Math.floor(exact), fraction: exact % 1 };
  });
  const counts = new Map(shares.map(({ name, whole }) => [name, whole]));
  invariant(counts.size === weights.length, "a channel has one weight");

  // Less than one slot a channel is left over, also when floating point put a share that is whole just below itself: that
  // share then has the largest fraction.
  const left = slotCount - shares.reduce((total, { whole }) => total + whole, 0);
  const largestFirst = shares.filter(({ fraction }) => fraction > 0).sort((a, b) => b.fraction - a.fraction);
  invariant(left >= 0 && left <= largestFirst.length, `${left} slots are left over`);
  for (const { name, whole } of largestFirst.slice(0, left)) counts.set(name, whole + 1);
  return counts;
}
