import type { Commit } from "@sluice/ports";
import type { Db } from "../connect.ts";

/** Notes the commit's id, so that an outcome lost with the connection can be read back. */
export async function recordCommit(db: Db, commit: Commit): Promise<void> {
  await db.query(
    "INSERT INTO sluice_commits (id, epoch, sequence, written_at_ms, written_by) VALUES ($1, $2, $3, $4, $5)",
    [commit.id, commit.epoch, commit.sequence, commit.at, commit.by],
  );
}
