import type { Db } from "../connect.ts";
import { textOf, wholeOf } from "../rows.ts";

/** Holder and epoch in the lease row, epoch 0 without one, held still until the transaction ends: no takeover can come in between. */
export async function lockLease(db: Db): Promise<{ readonly holder: string; readonly epoch: number }> {
  const [row] = await db.query("SELECT holder, epoch FROM sluice_lease WHERE name = 'arbiter' FOR UPDATE");
  return row ? { holder: textOf(row, "holder"), epoch: wholeOf(row, "epoch") } : { holder: "", epoch: 0 };
}
