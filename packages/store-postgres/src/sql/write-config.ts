import type { Commit } from "@sluice/ports";
import type { Db } from "../connect.ts";

/** Keeps the new config revision beside the older ones. */
export async function writeConfig(db: Db, commit: Commit): Promise<void> {
  if (!commit.config) return;
  await db.query(
    `INSERT INTO sluice_configs (revision, config, written_at_ms, written_by)
     VALUES ($1, $2, $3, $4)
     ON CONFLICT (revision) DO UPDATE
       SET config = excluded.config, written_at_ms = excluded.written_at_ms, written_by = excluded.written_by`,
    [commit.config.revision, JSON.stringify(commit.config.config), commit.at, commit.by],
  );
}
