import type { Commit } from "@sluice/ports";
import type { Db } from "../connect.ts";

/** Puts the new sequence in the head, and the new config revision if there is one. */
export async function moveHead(db: Db, commit: Commit): Promise<void> {
  await db.query(
    `UPDATE sluice_head
     SET sequence = $1, config_revision = coalesce($2::bigint, config_revision)
     WHERE name = 'world'`,
    [commit.sequence, commit.config?.revision ?? null],
  );
}
