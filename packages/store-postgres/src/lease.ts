import { SluiceError } from "@sluice/core";
import type { Acquired, Lease } from "@sluice/ports";
import type { Pool } from "./connect.ts";
import { acquireLease } from "./sql/acquire-lease.ts";
import { raiseLease } from "./sql/raise-lease.ts";
import { readLease } from "./sql/read-lease.ts";
import { releaseLease } from "./sql/release-lease.ts";
import { renewLease } from "./sql/renew-lease.ts";
import { seizeLease } from "./sql/seize-lease.ts";
import { onConnection } from "./transaction.ts";

/** The lease row. Each move is one statement that checks and writes at once, by the database's clock. */
export function makeLease(pool: Pool): Lease {
  const acquired = async (epoch: number | undefined): Promise<Acquired> => {
    if (epoch !== undefined) return { kind: "acquired", epoch };
    const row = await onConnection(pool, readLease);
    if (row) return { kind: "held", row };
    throw new SluiceError("STORE_UNAVAILABLE", "there is no lease row: the database is not the one it was", {
      hint: "Check that DATABASE_URL still leads to the same database.",
      transient: true,
    });
  };
  return {
    read: () => onConnection(pool, readLease),
    acquire: async (holder, ttlMs) => acquired(await onConnection(pool, (db) => acquireLease(db, holder, ttlMs))),
    seize: async (row, holder, ttlMs) =>
      acquired(await onConnection(pool, (db) => seizeLease(db, row, { holder, ttlMs }))),
    renew: async (held, ttlMs) => ({
      kind: (await onConnection(pool, (db) => renewLease(db, held, ttlMs))) ? "renewed" : "lost",
    }),
    raise: async (held, above) => acquired(await onConnection(pool, (db) => raiseLease(db, held, above))),
    release: (held) => onConnection(pool, (db) => releaseLease(db, held)),
  };
}
