import type { Lease, Store } from "@sluice/ports";
import { makePool } from "./connect.ts";
import { makeLease } from "./lease.ts";
import { migrate } from "./migrate.ts";
import { makeStore } from "./store.ts";

export type Postgres = { readonly store: Store; readonly lease: Lease; close(): Promise<void> };

export type PostgresOptions = {
  /**
   * `postgresql://user:password@host:port/database`; any server that speaks PostgreSQL's protocol and SQL. With `host:port,host:port`
   * the one that takes writes.
   */
  readonly url: string;
  /** Told when a connection is lost while nobody was using it. */
  readonly log: (message: string) => void;
};

const storeConnectionsMax = 4;
const leaseConnectionsMax = 2;

/**
 * The durable world on PostgreSQL. Connects when first used, so a database that is away is an error of the call and not of
 * this. The lease has connections of its own: a busy API must not starve renewals.
 */
export function makePostgres(options: PostgresOptions): Postgres {
  const mend = once(() => migrate(options.url));
  const storePool = { ...makePool(options, { connectionsMax: storeConnectionsMax }), mend };
  const leasePool = { ...makePool(options, { connectionsMax: leaseConnectionsMax }), mend };
  return {
    store: makeStore(storePool, options.url),
    lease: makeLease(leasePool),
    async close() {
      await Promise.all([storePool.close(), leasePool.close()]);
    },
  };
}

/** Whoever calls while it is under way waits for the same. */
function once(act: () => Promise<void>): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  return () => {
    underWay ??= act().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}
