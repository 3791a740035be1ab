import type { Commit } from "@sluice/ports";
import type { Db } from "../connect.ts";

/** Removes the services that went and writes the changed ones, new or known. */
export async function writeServices(db: Db, commit: Commit): Promise<void> {
  if (commit.servicesRemoved.length > 0) {
    await db.query("DELETE FROM sluice_services WHERE name = ANY($1::text[])", [commit.servicesRemoved]);
  }
  const entries = Object.entries(commit.services);
  if (entries.length === 0) return;
  await db.query(
    `INSERT INTO sluice_services (name, state)
     SELECT * FROM unnest($1::text[], $2::text[])
     ON CONFLICT (name) DO UPDATE SET state = excluded.state`,
    [entries.map(([name]) => name), entries.map(([, state]) => JSON.stringify(state))],
  );
}
