import type { Db } from "../connect.ts";
import { wholeOf } from "../rows.ts";
import type { Held } from "./release-lease.ts";

/** Lifts the epoch of a lease that is held above `above`, without extending it; answers the new epoch. */
export async function raiseLease(db: Db, held: Held, above: number): Promise<number | undefined> {
  const [row] = await db.query(
    `UPDATE sluice_lease
     SET epoch = greatest(epoch, $3::bigint) + 1
     WHERE name = 'arbiter' AND holder = $1 AND epoch = $2 AND expires_at > clock_timestamp()
     RETURNING epoch`,
    [held.holder, held.epoch, above],
  );
  return row && wholeOf(row, "epoch");
}
