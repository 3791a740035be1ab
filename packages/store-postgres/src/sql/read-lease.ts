import type { LeaseRow } from "@sluice/core";
import type { Db } from "../connect.ts";
import { isTrue, textOf, wholeOf } from "../rows.ts";

/** The date comes as the database's own text: a JavaScript date would lose the microseconds that `seize` compares. */
export async function readLease(db: Db): Promise<LeaseRow | undefined> {
  const [row] = await db.query(
    `SELECT holder, epoch, expires_at::text AS expires_at, expires_at <= clock_timestamp() AS is_expired
     FROM sluice_lease
     WHERE name = 'arbiter'`,
  );
  if (!row) return undefined;
  return {
    holder: textOf(row, "holder"),
    epoch: wholeOf(row, "epoch"),
    expiresAt: textOf(row, "expires_at"),
    isExpired: isTrue(row, "is_expired"),
  };
}
