import type { KeptEntry } from "./entry-log.ts";

/** Where the journal of some leader doesn't hang together: an entry is missing, or isn't the one that the next was chained to. */
export function gaps(kept: readonly KeptEntry[]): readonly string[] {
  return kept.flatMap(({ entry }, index) => {
    const { leader, epoch, number, before } = entry;
    const previous = kept[index - 1];
    // What is in the store already has been let go of, so the first one left may have any number.
    if (previous?.entry.leader !== leader || previous.entry.epoch !== epoch) return [];
    if (number === previous.entry.number + 1 && before === previous.hash) return [];
    return [`the failsafe journal of ${leader}, epoch ${epoch}, is broken before entry ${number}`];
  });
}
