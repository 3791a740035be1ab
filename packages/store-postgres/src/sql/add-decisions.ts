import type { Commit } from "@sluice/ports";
import type { Db } from "../connect.ts";

/** Decisions are never changed. One commit may decide for several services, so they have a place in it as well. */
export async function addDecisions(db: Db, commit: Commit): Promise<void> {
  if (commit.decisions.length === 0) return;
  await db.query(
    `INSERT INTO sluice_decisions (commit_sequence, place, decision)
     SELECT $1::bigint, entry.place, entry.decision FROM unnest($2::bigint[], $3::text[]) AS entry (place, decision)`,
    [
      commit.sequence,
      commit.decisions.map((_, place) => place),
      commit.decisions.map((decision) => JSON.stringify(decision)),
    ],
  );
}
