import type { Decision } from "@sluice/core";
import type { Db } from "../connect.ts";
import { jsonOf } from "../rows.ts";

/** Newest first. */
export async function readDecisions(db: Db, limit: number): Promise<readonly Decision[]> {
  const rows = await db.query(
    "SELECT decision FROM sluice_decisions ORDER BY commit_sequence DESC, place DESC LIMIT $1",
    [limit],
  );
  return rows.map((row) => jsonOf<Decision>(row, "decision"));
}
