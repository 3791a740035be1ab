import type { Lease, Store } from "@sluice/ports";
import { makeLease } from "./lease.ts";
import { openDatabase } from "./pool.ts";
import { makeStore } from "./store.ts";

export type Postgres = { readonly store: Store; readonly lease: Lease; close(): Promise<void> };

/** Store and lease on one database. The lease has connections of its own, so that load can't starve a renewal. */
export function makePostgres(options: { readonly url: string; readonly log: (message: string) => void }): Postgres {
  const leaseDatabase = openDatabase({ ...options, max: 1 });
  const database = openDatabase({ ...options, max: 4 });
  return {
    store: makeStore(database),
    lease: makeLease(leaseDatabase),
    close: async () => {
      await Promise.all([database.close(), leaseDatabase.close()]);
    },
  };
}
