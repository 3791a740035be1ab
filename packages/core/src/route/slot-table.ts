import type { ChannelName } from "../model.ts";

/**
 * Which channel each slot belongs to, and belonged to before. A user's slot never changes, so whoever owns it serves that user.
 *
 * Think of 10,000 seats. When a channel is to have more, others stand up from just as many seats as it takes, those they sat
 * down on last; when it is to have less, it stands up from those it took last, and whoever sat there before sits down again.
 * So growing a weight moves nobody out of that channel, no change moves more users than the new numbers demand, and taking a
 * change back restores everybody.
 *
 * Ranges of a hash, one a channel and as wide as its weight, can't do that: with three channels, moving one boundary moves the
 * range behind it as well (20 % of the users for a change of 10 %).
 */
export type SlotTable = readonly SlotStack[];

/** So many neighbouring slots with the same past. The stacks of a table cover slots 0 to 9,999 in order. */
export type SlotStack = {
  readonly count: number;
  /** Oldest first; the last one owns. Never empty. Memory begins at one change for all: the first owners are equally old. */
  readonly owners: readonly SlotOwner[];
};

export type SlotOwner = {
  readonly channel: ChannelName;
  /** The number of the change that gave it the slot. */
  readonly since: number;
};

/** How many slots a channel has too many (above 0) or too few (below 0). Those with just enough are left out. */
export type Surplus = ReadonlyMap<ChannelName, number>;

/** Who owns the slots of a stack. */
export function ownerNow({ owners }: SlotStack): ChannelName {
  return (owners[owners.length - 1] as SlotOwner).channel;
}

/** The numbers of the changes that the table knows of, oldest first. The first is where its memory begins. */
export function changesIn(table: SlotTable): number[] {
  const changes = new Set(table.flatMap(({ owners }) => owners.map(({ since }) => since)));
  return [...changes].sort((a, b) => a - b);
}

/** The table with neighbours of the same past made one. */
export function merged(table: SlotTable): SlotTable {
  const stacks: SlotStack[] = [];
  for (const stack of table) {
    const before = stacks.at(-1);
    if (before && isSamePast(before.owners, stack.owners)) {
      stacks[stacks.length - 1] = { count: before.count + stack.count, owners: before.owners };
    } else stacks.push(stack);
  }
  return stacks;
}

function isSamePast(one: readonly SlotOwner[], other: readonly SlotOwner[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ channel, since }, at) => other[at]?.channel === channel && other[at].since === since)
  );
}
