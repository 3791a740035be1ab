import { invariant } from "@sluice/core";
import type { Db } from "../connect.ts";
import type { JournalEnd } from "../journal-chain.ts";
import { textOf, wholeOf } from "../rows.ts";

export type LockedHead = {
  /** 0 before the first commit. */
  readonly sequence: number;
  readonly isNew: boolean;
  readonly journal: JournalEnd;
};

/**
 * Where world and journal stand, held still until the transaction ends. Every write changes this row, so a server that hands
 * out older states under some isolation level notices the rival too.
 */
export async function lockHead(db: Db): Promise<LockedHead> {
  const [row] = await db.query(
    "SELECT sequence, journal_id, journal_hash FROM sluice_head WHERE name = 'world' FOR UPDATE",
  );
  invariant(row, "the migration made the head row");
  const isNew = row["sequence"] === null;
  return {
    isNew,
    sequence: isNew ? 0 : wholeOf(row, "sequence"),
    journal: { id: wholeOf(row, "journal_id"), hash: textOf(row, "journal_hash") },
  };
}
