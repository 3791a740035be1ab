import type { LeaseRow } from "@sluice/core";
import type { Acquired, Lease } from "@sluice/ports";
import { type Database, type Row, toNumber } from "./pool.ts";

const columns = "holder, epoch, expires_at::text AS expires_at, expires_at <= clock_timestamp() AS is_expired";
const until = "clock_timestamp() + $2::bigint * interval '1 millisecond'";

/** The lease row. Every date is the database's; every way in is one statement, so two can't both win. */
export function makeLease(database: Database): Lease {
  const read = async (): Promise<LeaseRow | undefined> =>
    toRow((await database.query(`SELECT ${columns} FROM lease WHERE name = 'arbiter'`))[0]);
  const taken = async (rows: readonly Row[]): Promise<Acquired> => {
    const epoch = rows[0]?.["epoch"];
    if (epoch !== undefined) return { kind: "acquired", epoch: toNumber(epoch) };
    const row = await read();
    return { kind: "held", row: row ?? { holder: "", epoch: 0, expiresAt: "", isExpired: false } };
  };
  return {
    read,
    async acquire(holder, ttlMs) {
      const inserted = `INSERT INTO lease (name, holder, epoch, expires_at) VALUES ('arbiter', $1, 1, ${until})
        ON CONFLICT (name) DO UPDATE SET holder = $1, epoch = lease.epoch + 1, expires_at = ${until}
        WHERE lease.expires_at <= clock_timestamp() RETURNING epoch`;
      return taken(await database.query(inserted, [holder, ttlMs]));
    },
    async seize(row, holder, ttlMs) {
      const update = `UPDATE lease SET holder = $1, epoch = epoch + 1, expires_at = ${until}
        WHERE name = 'arbiter' AND holder = $3 AND epoch = $4 AND expires_at::text = $5 RETURNING epoch`;
      return taken(await database.query(update, [holder, ttlMs, row.holder, row.epoch, row.expiresAt]));
    },
    async renew(held, ttlMs) {
      const update = `UPDATE lease SET expires_at = ${until}
        WHERE name = 'arbiter' AND holder = $1 AND epoch = $3 AND expires_at > clock_timestamp() RETURNING epoch`;
      const rows = await database.query(update, [held.holder, ttlMs, held.epoch]);
      return rows.length > 0 ? { kind: "renewed" } : { kind: "lost" };
    },
    async raise(held, above) {
      const update = `UPDATE lease SET epoch = greatest(epoch, $3::bigint) + 1
        WHERE name = 'arbiter' AND holder = $1 AND epoch = $2 AND expires_at > clock_timestamp() RETURNING epoch`;
      return taken(await database.query(update, [held.holder, held.epoch, above]));
    },
    async release(held) {
      const update =
        "UPDATE lease SET expires_at = clock_timestamp() WHERE name = 'arbiter' AND holder = $1 AND epoch = $2";
      await database.query(update, [held.holder, held.epoch]);
    },
  };
}

function toRow(row: Row | undefined): LeaseRow | undefined {
  if (!row) return undefined;
  return {
    holder: String(row["holder"]),
    epoch: toNumber(row["epoch"]),
    expiresAt: String(row["expires_at"]),
    isExpired: row["is_expired"] === true,
  };
}
