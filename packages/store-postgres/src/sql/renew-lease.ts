import type { Db } from "../connect.ts";
import type { Held } from "./release-lease.ts";

/** Extends the lease while it is held and has not expired; answers whether it was. */
export async function renewLease(db: Db, held: Held, ttlMs: number): Promise<boolean> {
  const rows = await db.query(
    `UPDATE sluice_lease
     SET expires_at = clock_timestamp() + $3::float8 * interval '1 millisecond'
     WHERE name = 'arbiter' AND holder = $1 AND epoch = $2 AND expires_at > clock_timestamp()
     RETURNING epoch`,
    [held.holder, held.epoch, ttlMs],
  );
  return rows.length > 0;
}
