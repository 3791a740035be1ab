import type { LeaseRow } from "@sluice/core";

export type Acquired =
  | { readonly kind: "acquired"; readonly epoch: number }
  | { readonly kind: "held"; readonly row: LeaseRow };

/**
 * The row that says who leads, with an epoch that grows by at least one at each acquisition. Only the database's clock is
 * used. A lease is not a fence: holders still check each write. Laws in `laws/lease.ts`.
 */
export interface Lease {
  /** Undefined before the first acquisition ever. */
  read(): Promise<LeaseRow | undefined>;
  /** Takes the lease when nobody holds it by the database's clock. */
  acquire(holder: string, ttlMs: number): Promise<Acquired>;
  /** Takes the lease if the row is still exactly `row`, whatever the database's clock says. */
  seize(row: LeaseRow, holder: string, ttlMs: number): Promise<Acquired>;
  /** Extends a lease that is still held and not yet expired. */
  renew(
    held: { readonly holder: string; readonly epoch: number },
    ttlMs: number,
  ): Promise<{ readonly kind: "renewed" } | { readonly kind: "lost" }>;
  /** Raises the epoch of a lease we hold above `above`: a newer fence was found out in the world. */
  raise(held: { readonly holder: string; readonly epoch: number }, above: number): Promise<Acquired>;
  /** Gives the lease up at once, so that the next one need not wait for it to expire. */
  release(held: { readonly holder: string; readonly epoch: number }): Promise<void>;
}
