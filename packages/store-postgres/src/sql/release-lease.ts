import type { Db } from "../connect.ts";

export type Held = { readonly holder: string; readonly epoch: number };

/** Lets the lease expire at once, by any clock. The row stays, as the epoch must go on growing. */
export async function releaseLease(db: Db, held: Held): Promise<void> {
  await db.query(
    `UPDATE sluice_lease
     SET expires_at = timestamptz '1970-01-01 00:00:00+00'
     WHERE name = 'arbiter' AND holder = $1 AND epoch = $2`,
    [held.holder, held.epoch],
  );
}
