import type { Clock, Lease, Store } from "@sluice/ports";
import { makeMemoryLease } from "./memory-lease.ts";
import { makeMemoryStore } from "./memory-store.ts";

/** Where lease and store meet: the store reads the epoch that the lease writes. */
export type LeaseCell = { holder: string; epoch: number; expiresAtMs: number };

/** One database in memory, opened as often as there are processes that use it. */
export interface MemoryDatabase {
  open(): { readonly store: Store; readonly lease: Lease };
  /** Remembers everything as it is. What is answered brings it back: a failover to a standby that lagged behind. */
  keep(): () => void;
  /** Who holds the lease, whether it has expired or not. */
  holder(): Readonly<LeaseCell> | undefined;
}

/** A database whose clock is the wall time of `clock`. It keeps what the laws of Store and Lease ask for. */
export function makeMemoryDatabase(clock: Pick<Clock, "wallMs">): MemoryDatabase {
  const shared: { lease: LeaseCell | undefined } = { lease: undefined };
  const lease = makeMemoryLease(clock, shared);
  const tables = makeMemoryStore(() => shared.lease);
  return {
    open: () => ({ store: tables.open(), lease }),
    keep() {
      const [row, restore] = [shared.lease, tables.keep()];
      return () => {
        shared.lease = row;
        restore();
      };
    },
    holder: () => shared.lease,
  };
}
