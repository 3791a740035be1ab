import type { Commit } from "@sluice/ports";
import type { Db } from "../connect.ts";

/** Writes the overrides, which each commit brings whole, and the signed snapshot when what is served changed. */
export async function writeWorld(db: Db, commit: Commit): Promise<void> {
  const { snapshot } = commit;
  await db.query(
    `INSERT INTO sluice_world AS world (name, overrides, snapshot, snapshot_epoch, snapshot_sequence)
     VALUES ('world', $1, $2::text, $3::bigint, $4::bigint)
     ON CONFLICT (name) DO UPDATE
       SET overrides = excluded.overrides,
           snapshot = coalesce(excluded.snapshot, world.snapshot),
           snapshot_epoch = coalesce(excluded.snapshot_epoch, world.snapshot_epoch),
           snapshot_sequence = coalesce(excluded.snapshot_sequence, world.snapshot_sequence)`,
    [
      JSON.stringify(commit.overrides),
      snapshot ? JSON.stringify(snapshot.envelope) : null,
      snapshot?.epoch ?? null,
      snapshot?.sequence ?? null,
    ],
  );
}
