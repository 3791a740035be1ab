import { type Config, formatFence, type Snapshot } from "@sluice/core";
import type { Commit } from "@sluice/ports";
import { orderOf } from "./order.ts";
import type { Tallies } from "./tallies.ts";

/** I3, I5, I12, I14 and I16: what data planes take, keep and serve. */
export interface PlaneChecks {
  committed(commit: Commit): void;
  /** I14, and what `kept` looks at: for whoever has seen every commit. */
  served(node: string, snapshot: Snapshot): void;
  /** I3 and I5 alone. */
  kept(node: string, snapshot: Snapshot): void;
  published(arbiter: string, snapshot: Snapshot): void;
  /** A node starts, with this on its disk. */
  restarted(node: string, disk: string | undefined): void;
  /** A node has had its time to start; `snapshot` is what it serves. */
  started(node: string, snapshot: Snapshot | undefined): void;
  /** Its disk was damaged: what it served before is gone. */
  damaged(node: string): void;
  /** Somebody offered what must never be taken. */
  attacked(node: string, how: string, result: string): void;
  answered(node: string, seen: Answered): void;
}

export type Answered = {
  readonly isOpen: boolean;
  readonly snapshot: Snapshot | undefined;
  readonly service: string;
  /** Undefined: silence. */
  readonly addresses: readonly string[] | undefined;
};

export function makePlaneChecks(tallies: Tallies, config: Config): PlaneChecks {
  /** Every snapshot that was ever committed, by its fence. */
  const committed = new Map<string, Set<string>>();
  const highest = new Map<string, Snapshot>();
  const onDisk = new Map<string, boolean>();
  const isDamaged = new Set<string>();

  function checkAnswers(who: string, { services, fence }: Snapshot): void {
    for (const { name } of config.services) {
      const found = services.find(({ service }) => service === name);
      const count =
        found?.choices.reduce((sum, choice) => sum + (choice.share > 0 ? choice.addresses.length : 0), 0) ?? 0;
      tallies.demand("I5", count > 0, () => `${who}: ${name} has no address in ${formatFence(fence)}`);
    }
  }

  function kept(node: string, snapshot: Snapshot): void {
    const before = highest.get(node);
    const order = before ? orderOf(snapshot.fence, before.fence) : 1;
    const isKept = order > 0 || (order === 0 && JSON.stringify(before) === JSON.stringify(snapshot));
    tallies.demand(
      "I3",
      isKept,
      () => `${node} serves ${formatFence(snapshot.fence)} after ${before ? formatFence(before.fence) : ""}`,
    );
    if (isKept) highest.set(node, snapshot);
    isDamaged.delete(node);
    checkAnswers(node, snapshot);
  }

  return {
    kept,
    committed({ snapshot }) {
      if (!snapshot) return;
      const key = `${snapshot.epoch}.${snapshot.sequence}`;
      committed.set(key, (committed.get(key) ?? new Set()).add(snapshot.envelope.payload));
    },
    published: (arbiter, snapshot) => checkAnswers(arbiter, snapshot),
    served(node, snapshot) {
      const { epoch, sequence } = snapshot.fence;
      const isCommitted = committed.get(`${epoch}.${sequence}`)?.has(JSON.stringify(snapshot)) ?? false;
      tallies.demand("I14", isCommitted, () => `${node} serves ${formatFence(snapshot.fence)}, which nobody committed`);
      kept(node, snapshot);
    },
    restarted: (node, disk) => void onDisk.set(node, disk !== undefined && !isDamaged.has(node)),
    started(node, snapshot) {
      if (!onDisk.get(node)) return;
      const before = highest.get(node);
      const isThere = snapshot !== undefined && (!before || orderOf(snapshot.fence, before.fence) >= 0);
      tallies.demand(
        "I12",
        isThere,
        () => `${node} came back with ${snapshot ? formatFence(snapshot.fence) : "nothing"}`,
      );
    },
    damaged(node) {
      highest.delete(node);
      isDamaged.add(node);
    },
    attacked(node, how, result) {
      const id = how.startsWith("empty") ? "I5" : how.startsWith("wild") ? "I16" : "I14";
      tallies.demand(id, result !== "accept", () => `${node} took a snapshot that it had to refuse: ${how}`);
      tallies.sometimes(`an attack was refused: ${how}, ${result}`);
    },
    answered(node, { isOpen, snapshot, service, addresses }) {
      if (!isOpen || !snapshot) return;
      tallies.demand("I13", addresses !== undefined, () => `${node} was silent about ${service}`);
      if (addresses) tallies.demand("I5", addresses.length > 0, () => `${node} answered ${service} with nothing`);
    },
  };
}
