import { compareFence, type Envelope, type EpochMs, type Fence, type Snapshot } from "@sluice/core";
import type { Clock } from "@sluice/ports";
import { wait } from "./suspicion-board.ts";

/** The signed snapshot this arbiter hands out, as leader or as relay, and what each node says it serves. */
export interface SnapshotDesk {
  current(): { readonly snapshot: Snapshot; readonly envelope: Envelope } | undefined;
  /** Puts a newer snapshot on the desk and wakes everybody who waits. Older ones are left aside. */
  offer(snapshot: Snapshot, envelope: Envelope): boolean;
  /** The envelope when it is newer than `after`, waiting for one up to `waitMs`. */
  read(at: {
    readonly after: Fence | undefined;
    readonly waitMs: number;
    readonly signal: AbortSignal;
  }): Promise<Envelope | undefined>;
  /** Notes what a node serves; true when that is news. */
  acknowledge(node: string, fence: Fence): boolean;
  acknowledged(): Readonly<Record<string, Acknowledged>>;
}

export type Acknowledged = { readonly fence: Fence; readonly at: EpochMs; readonly seenAt: EpochMs };

export function makeSnapshotDesk(clock: Clock): SnapshotDesk {
  let current: { readonly snapshot: Snapshot; readonly envelope: Envelope } | undefined;
  const nodes = new Map<string, Acknowledged>();
  const waiters = new Set<() => void>();
  const newerThan = (after: Fence | undefined): Envelope | undefined => {
    if (!current) return undefined;
    if (!after) return current.envelope;
    return compareFence(current.snapshot.fence, after) === "newer" ? current.envelope : undefined;
  };
  return {
    current: () => current,
    offer(snapshot, envelope) {
      if (current && compareFence(snapshot.fence, current.snapshot.fence) !== "newer") return false;
      current = { snapshot, envelope };
      for (const wake of waiters) wake();
      return true;
    },
    async read(at) {
      const now = newerThan(at.after);
      if (now || at.waitMs === 0) return now;
      await wait(waiters, at);
      return newerThan(at.after);
    },
    acknowledge(node, fence) {
      const before = nodes.get(node);
      const now = clock.wallMs();
      const isNews = !before || compareFence(fence, before.fence) !== "equal";
      nodes.set(node, { fence, at: isNews ? now : before.at, seenAt: now });
      return isNews;
    },
    acknowledged: () => Object.fromEntries(nodes),
  };
}
