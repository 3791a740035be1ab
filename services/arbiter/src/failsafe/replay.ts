import type { Durable, Snapshot } from "@sluice/core";
import type { Commit, StoredWorld } from "@sluice/ports";
import type { Entry } from "./messages.ts";

/** What is in the store as an entry comes to be written back. */
export type Stored = Pick<StoredWorld, "sequence" | "overrides"> & { readonly snapshot: Snapshot | undefined };

/** Under what it is written, by whoever leads now; and what that one knows, for a store that has nothing. */
type Under = { readonly epoch: number; readonly by: string; readonly durable: Durable };

/**
 * An entry of a failsafe journal as the commit that brings it into the store.
 *
 *   the store is as it was left                 the commit as it would have been
 *   the store is older, or empty                the same over what is there; what is served is adopted afterwards
 *   another leader has published meanwhile      decisions and events alone, as a record: its world is the newer one
 */
export function replay(entry: Entry, stored: Stored | undefined, under: Under): Commit {
  const { epoch, by, durable } = under;
  const isRecordOnly = (stored?.snapshot?.fence.epoch ?? 0) > entry.epoch;
  const written = { kind: "written-back", leader: entry.leader, epoch: entry.epoch, number: entry.number } as const;
  const { snapshot, config: _, ...commit } = entry.commit;
  const head = stored?.sequence ?? 0;
  const common = {
    ...commit,
    epoch,
    by,
    sequenceBefore: head,
    events: [...commit.events, { ...written, isRecordOnly }],
    ...(stored ? {} : wholeOf(durable, commit)),
  };
  if (isRecordOnly)
    return { ...common, sequence: head + 1, services: {}, servicesRemoved: [], overrides: stored?.overrides ?? [] };
  if (stored && head === commit.sequenceBefore)
    return { ...common, sequence: commit.sequence, ...(snapshot ? { snapshot } : {}) };
  // One more than it needs: to the next entry, too, this store is not as it was left, though a crash may come in between.
  return { ...common, sequence: Math.max(commit.sequence, head + 1) + 1 };
}

const wholeOf = ({ config, configRevision, services }: Durable, commit: Pick<Commit, "services">) => ({
  services: { ...services, ...commit.services },
  config: { revision: configRevision, config },
});
