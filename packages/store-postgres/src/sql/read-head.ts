import type { Head } from "@sluice/ports";
import type { Db } from "../connect.ts";
import { wholeOf } from "../rows.ts";

export async function readHead(db: Db): Promise<Head | undefined> {
  const [row] = await db.query(
    "SELECT sequence, config_revision, journal_id FROM sluice_head WHERE name = 'world' AND sequence IS NOT NULL",
  );
  return (
    row && {
      sequence: wholeOf(row, "sequence"),
      configRevision: wholeOf(row, "config_revision"),
      lastEventId: wholeOf(row, "journal_id"),
    }
  );
}
