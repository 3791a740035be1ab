import type { Db } from "../connect.ts";
import { wholeOf } from "../rows.ts";

/** The epoch in the lease row, 0 without one, held still until the transaction ends: no takeover can come in between. */
export async function lockEpoch(db: Db): Promise<number> {
  const [row] = await db.query("SELECT epoch FROM sluice_lease WHERE name = 'arbiter' FOR UPDATE");
  return row ? wholeOf(row, "epoch") : 0;
}
