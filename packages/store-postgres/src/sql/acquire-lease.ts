import type { Db } from "../connect.ts";
import { wholeOf } from "../rows.ts";

/** Takes the lease when nobody holds it; answers the new epoch. The first acquisition ever makes the row. */
export async function acquireLease(db: Db, holder: string, ttlMs: number): Promise<number | undefined> {
  const [row] = await db.query(
    `INSERT INTO sluice_lease AS lease (name, holder, epoch, expires_at)
     VALUES ('arbiter', $1, 1, clock_timestamp() + $2::float8 * interval '1 millisecond')
     ON CONFLICT (name) DO UPDATE
       SET holder = excluded.holder,
           epoch = lease.epoch + 1,
           expires_at = clock_timestamp() + $2::float8 * interval '1 millisecond'
       WHERE lease.expires_at <= clock_timestamp()
     RETURNING epoch`,
    [holder, ttlMs],
  );
  return row && wholeOf(row, "epoch");
}
