import type { Db } from "../connect.ts";
import { type JournalEnd, type JournalPage, link } from "../journal-chain.ts";

/** Adds entries to the journal after its end, each hashed with the one before; answers the new end. */
export async function addEvents(db: Db, end: JournalEnd, page: JournalPage): Promise<JournalEnd> {
  const lines = link(end, page);
  const last = lines.at(-1);
  if (!last) return end;
  await db.query(
    `INSERT INTO sluice_journal (id, entry, hash)
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])`,
    [lines.map(({ id }) => id), lines.map(({ entry }) => entry), lines.map(({ hash }) => hash)],
  );
  await db.query("UPDATE sluice_head SET journal_id = $1, journal_hash = $2 WHERE name = 'world'", [
    last.id,
    last.hash,
  ]);
  return last;
}
