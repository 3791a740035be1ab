import { type LeaseRow, SluiceError } from "@sluice/core";
import type { Acquired, Clock, Lease } from "@sluice/ports";
import type { LeaseCell } from "./memory-database.ts";

type Held = { readonly holder: string; readonly epoch: number };

/** The lease row in memory. Each method runs to its end before another begins, as one SQL statement would. */
export function makeMemoryLease(clock: Pick<Clock, "wallMs">, shared: { lease: LeaseCell | undefined }): Lease {
  const isExpired = (cell: LeaseCell): boolean => cell.expiresAtMs <= clock.wallMs();
  const isHeld = (cell: LeaseCell | undefined, held: Held): cell is LeaseCell =>
    cell?.holder === held.holder && cell.epoch === held.epoch;
  const rowOf = (cell: LeaseCell): LeaseRow => ({
    holder: cell.holder,
    epoch: cell.epoch,
    expiresAt: String(cell.expiresAtMs),
    isExpired: isExpired(cell),
  });
  const take = (holder: string, ttlMs: number): Acquired => {
    const epoch = (shared.lease?.epoch ?? 0) + 1;
    shared.lease = { holder, epoch, expiresAtMs: clock.wallMs() + ttlMs };
    return { kind: "acquired", epoch };
  };
  const refuse = (): Acquired => {
    if (shared.lease) return { kind: "held", row: rowOf(shared.lease) };
    throw new SluiceError("STORE_UNAVAILABLE", "there is no lease row", { transient: true });
  };
  return {
    read: async () => shared.lease && rowOf(shared.lease),
    acquire: async (holder, ttlMs) => (shared.lease && !isExpired(shared.lease) ? refuse() : take(holder, ttlMs)),
    async seize(row, holder, ttlMs) {
      const cell = shared.lease;
      return isHeld(cell, row) && String(cell.expiresAtMs) === row.expiresAt ? take(holder, ttlMs) : refuse();
    },
    async renew(held, ttlMs) {
      const cell = shared.lease;
      if (!isHeld(cell, held) || isExpired(cell)) return { kind: "lost" };
      shared.lease = { ...cell, expiresAtMs: clock.wallMs() + ttlMs };
      return { kind: "renewed" };
    },
    async raise(held, above) {
      const cell = shared.lease;
      if (!isHeld(cell, held) || isExpired(cell)) return refuse();
      const epoch = Math.max(cell.epoch, above) + 1;
      shared.lease = { ...cell, epoch };
      return { kind: "acquired", epoch };
    },
    async release(held) {
      const cell = shared.lease;
      if (isHeld(cell, held)) shared.lease = { ...cell, expiresAtMs: 0 };
    },
  };
}
