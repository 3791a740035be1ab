import type { Db } from "../connect.ts";

/**
 * Whether the commit is in. The lease row is waited for first: a commit whose connection was lost may still be under way on
 * the server, and "no" must stay true.
 */
export async function findCommit(db: Db, id: string): Promise<boolean> {
  await db.query("SELECT epoch FROM sluice_lease WHERE name = 'arbiter' FOR UPDATE");
  const rows = await db.query("SELECT id FROM sluice_commits WHERE id = $1", [id]);
  return rows.length > 0;
}
