import type { Held, MonoMs } from "@sluice/core";
import { follow } from "./follow.ts";
import { lead, leadFailsafe } from "./lead.ts";
import { drop, type LeadershipDeps, newPen, unlessTransient, whyNotNow } from "./pen.ts";

/**
 * Who leads, from one arbiter's point of view. A follower watches the lease row and bids by its rank; a leader renews, and
 * lays down its pen by its own monotonic clock before anybody else can hold the lease. With the store away, the promises of
 * the others stand in for a renewal.
 */
export interface Leadership {
  /** Undefined while following. */
  held(): Held | undefined;
  /** Why the leader may not write at this moment; asked before each write. */
  whyNotWrite(): string | undefined;
  /** True while it leads by promises: what it decides goes into its journal, and not into the store. */
  isFailsafe(): boolean;
  /** The last row seen, for `status`: who leads as far as we know. */
  seen(): { readonly holder: string; readonly epoch: number } | undefined;
  /** How often it has come to lead. A store that lost its past gives the same epoch out again. */
  terms(): number;
  /** True while a question for the lease is under way. */
  isBidding(): boolean;
  /** One look at the lease: poll, bid or renew. Never throws for a store that is away. */
  tick(canLead: boolean): Promise<void>;
  /** Somebody else found the store away: the next look asks for promises first, as another wait for the store may be too long. */
  doubtStore(): void;
  /** On an operator's word it bids for a minute though too few votes are fresh. What it has promised holds all the same. */
  force(): void;
  /** Takes an epoch above `above`, after a newer fence was found in the world. */
  raise(above: number): Promise<boolean>;
  /** When the lease row was last read or renewed, by the monotonic clock: how we know that the store is there. */
  lastSeenAt(): MonoMs | undefined;
  /** Gives the lease up, so that the next leader need not wait. */
  resign(because: string): Promise<void>;
}

const forcedForMs = 60_000;

export function makeLeadership(deps: LeadershipDeps): Leadership {
  const pen = newPen(deps);
  const { lease, name } = deps;
  let forcedAt: MonoMs | undefined;

  const isForced = (): boolean => forcedAt !== undefined && deps.clock.monotonicMs() - forcedAt < forcedForMs;

  async function tick(canLead: boolean): Promise<void> {
    if (!pen.held) return follow(pen, canLead || isForced());
    const reason = whyNotNow(pen);
    if (reason !== undefined) return drop(pen, reason);
    return pen.held.isFailsafe ? leadFailsafe(pen, pen.held) : lead(pen, pen.held);
  }

  return {
    held: () => pen.held,
    isFailsafe: () => pen.held?.isFailsafe ?? false,
    isBidding: () => pen.isBidding,
    terms: () => pen.terms,
    lastSeenAt: () => pen.lastSeenAt,
    whyNotWrite: () => whyNotNow(pen),
    force() {
      forcedAt = deps.clock.monotonicMs();
    },
    doubtStore() {
      pen.isStoreDoubted = true;
    },
    seen: () =>
      pen.held
        ? { holder: name, epoch: pen.held.epoch }
        : pen.sighting && { holder: pen.sighting.row.holder, epoch: pen.sighting.row.epoch },
    tick: (canLead) => tick(canLead).catch(unlessTransient),
    async raise(above) {
      const raised = pen.held && (await lease.raise({ holder: name, epoch: pen.held.epoch }, above));
      if (pen.held && raised?.kind === "acquired") pen.held = { ...pen.held, epoch: raised.epoch };
      else drop(pen, "the lease row is another's");
      return pen.held !== undefined;
    },
    async resign(because) {
      const leading = pen.held;
      drop(pen, because);
      if (leading) await lease.release({ holder: name, epoch: leading.epoch });
    },
  };
}
