import { leaseTiming } from "@sluice/core";
import type { Commit } from "@sluice/ports";
import type { SimulatedProcess } from "@sluice/testkit";
import type { FaultKind } from "../scenario/swarm.ts";
import type { Tallies } from "./tallies.ts";

/** When something was sent, by true time and by the sender's own clock. */
export type Sent = { readonly trueMs: number; readonly monoMs: number };

/** I1, I2, I4 and I21: who may write, seen from the database and from the wire. */
export interface LeaseChecks {
  leaseAsked(client: SimulatedProcess): Sent;
  leaseHeld(client: SimulatedProcess, sent: Sent): void;
  acquired(name: string, epoch: number): void;
  lostSuffix(): void;
  sending(client: SimulatedProcess, commit: Commit): void;
  sent(client: SimulatedProcess, id: string): void;
  readBack(client: SimulatedProcess, id: string): void;
  committed(
    commit: Pick<Commit, "by" | "epoch">,
    holder: { readonly holder: string; readonly epoch: number } | undefined,
  ): void;
  forget(name: string): void;
}

/** What a suspended machine's two clocks may differ by before it is noticed, and what a wrong rate adds. */
const unnoticedMs = 2_000;

export function makeLeaseChecks(tallies: Tallies, now: () => number, swarm: ReadonlySet<FaultKind>): LeaseChecks {
  const renewals = new Map<string, Sent>();
  const unknown = new Map<string, string>();
  const writers = new Map<number, string>();
  let highest = 0;
  return {
    leaseAsked: (client) => ({ trueMs: now(), monoMs: client.clock.monotonicMs() }),
    leaseHeld: (client, sent) => void renewals.set(client.name, sent),
    acquired(name, epoch) {
      tallies.demand(
        "I1",
        epoch > highest,
        () => `${name} acquired epoch ${epoch}, and ${highest} was given out before`,
      );
      highest = Math.max(highest, epoch);
    },
    lostSuffix() {
      highest = 0;
      // What it forgot was never seen outside, or adoption goes above it; nodes' fences hold the latter (I3).
      writers.clear();
      tallies.sometimes("a failover lost the last commits");
    },
    sending(client, commit) {
      const renewal = renewals.get(client.name);
      const ageMs = client.clock.monotonicMs() - (renewal?.monoMs ?? Number.NEGATIVE_INFINITY);
      const isFresh = ageMs < leaseTiming.writeForMs + 1;
      tallies.demand("I4", isFresh, () => `${client.name} sends a commit ${ageMs} ms after its last good renewal`);
      const trueAgeMs = now() - (renewal?.trueMs ?? Number.NEGATIVE_INFINITY);
      const isTimely = trueAgeMs < leaseTiming.ttlMs + unnoticedMs;
      if (!swarm.has("wall-step"))
        tallies.demand(
          "I4",
          isTimely,
          () => `${client.name}, suspended, sends a commit ${Math.round(trueAgeMs)} ms after its renewal`,
        );
      const lost = unknown.get(client.name);
      if (lost !== undefined)
        tallies.violate(
          "I21",
          `${client.name} sends commit ${commit.sequence} and never asked what became of the one before`,
        );
    },
    sent: (client, id) => void unknown.set(client.name, id),
    readBack(client, id) {
      if (unknown.get(client.name) !== id) return;
      unknown.delete(client.name);
      tallies.exercise("I21");
    },
    committed(commit, holder) {
      const isHolder = holder?.holder === commit.by && holder.epoch === commit.epoch;
      tallies.demand(
        "I2",
        isHolder,
        () => `${commit.by} committed under epoch ${commit.epoch}, which ${holder?.holder} holds`,
      );
      const writer = writers.get(commit.epoch) ?? commit.by;
      tallies.demand(
        "I1",
        writer === commit.by,
        () => `${commit.by} wrote under epoch ${commit.epoch}, as ${writer} did before`,
      );
      writers.set(commit.epoch, commit.by);
    },
    forget(name) {
      renewals.delete(name);
      unknown.delete(name);
    },
  };
}
