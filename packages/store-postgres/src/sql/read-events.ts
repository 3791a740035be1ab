import type { JournalEntry } from "@sluice/core";
import type { Db } from "../connect.ts";
import { jsonOf } from "../rows.ts";

/** Journal entries after an id, oldest first. */
export async function readEvents(db: Db, after: number, limit: number): Promise<readonly JournalEntry[]> {
  const rows = await db.query("SELECT entry FROM sluice_journal WHERE id > $1 ORDER BY id LIMIT $2", [after, limit]);
  return rows.map((row) => {
    const { id, at, by, event } = jsonOf<JournalEntry>(row, "entry");
    return { id, at, by, event };
  });
}
