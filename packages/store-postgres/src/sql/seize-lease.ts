import type { LeaseRow } from "@sluice/core";
import type { Db } from "../connect.ts";
import { wholeOf } from "../rows.ts";

/** Takes the lease from the row that was seen, if it is still exactly that one; answers the new epoch. */
export async function seizeLease(
  db: Db,
  seen: LeaseRow,
  by: { readonly holder: string; readonly ttlMs: number },
): Promise<number | undefined> {
  const [row] = await db.query(
    `UPDATE sluice_lease
     SET holder = $4, epoch = epoch + 1, expires_at = clock_timestamp() + $5::float8 * interval '1 millisecond'
     WHERE name = 'arbiter' AND holder = $1 AND epoch = $2 AND expires_at::text = $3
     RETURNING epoch`,
    [seen.holder, seen.epoch, seen.expiresAt, by.holder, by.ttlMs],
  );
  return row && wholeOf(row, "epoch");
}
