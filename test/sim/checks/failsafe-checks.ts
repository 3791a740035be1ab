import { type Event, leaseTiming, majority, promiseTiming } from "@sluice/core";
import type { Commit } from "@sluice/ports";
import type { SimulatedProcess } from "@sluice/testkit";
import type { Tallies } from "./tallies.ts";

/** F1 to F3: promises, and the journals of leaders that went on without the store. */
export interface FailsafeChecks {
  /** An arbiter has promised. `arrivedAt`: when it was asked, by its own monotonic clock. */
  promised(promiser: SimulatedProcess, to: Promisee, arrivedAt: number): void;
  /** An arbiter asks the database for the lease. */
  acquiring(client: SimulatedProcess): void;
  /** A leader goes on without the store, or hands out what it decided so. */
  leadingBy(leader: SimulatedProcess, epoch: number): void;
  /** A leader has decided without the store. */
  decided(leader: SimulatedProcess, commit: Commit): void;
  heard(event: Event): void;
  /** An entry is on an arbiter's disk. True when it has come to be on a second one. */
  written(arbiter: string, commit: Commit): boolean;
  /** A commit is in the database. */
  stored(commit: Commit): void;
  lostSuffix(): void;
  /** Everything is mended, and there was time. */
  ended(decided: readonly unknown[]): void;
}

type Promisee = { readonly leader: string; readonly epoch: number };
type Given = Promisee & { readonly by: SimulatedProcess; readonly arrivedAt: number };

/** Two clocks may differ in rate by 6 %, and a suspended machine is noticed after a second. Unit: milliseconds. */
const slackMs = 1_000;

export function makeFailsafeChecks(tallies: Tallies, now: () => number, arbiters: number): FailsafeChecks {
  const given = new Map<string, Given>();
  const disks = new Map<string, Set<string>>();
  /** Decided, on two disks, and not in the database yet. */
  const owed = new Map<string, Commit>();
  const isIn = new Set<string>();
  let isSuffixLost = false;
  const ageOf = ({ by, arrivedAt }: Given): number => by.clock.monotonicMs() - arrivedAt;
  return {
    promised: (by, to, arrivedAt) => void given.set(`${by.name} ${to.leader}`, { ...to, by, arrivedAt }),
    acquiring(client) {
      for (const promise of [...given.values()].filter(({ by }) => by === client))
        tallies.demand(
          "F1",
          ageOf(promise) >= promiseTiming.heldMs,
          () =>
            `${client.name} asks for the lease ${Math.round(ageOf(promise))} ms after it promised ${promise.leader}`,
        );
    },
    leadingBy(leader, epoch) {
      const binding = [...given.values()].filter(
        (promise) =>
          promise.leader === leader.name &&
          promise.epoch === epoch &&
          ageOf(promise) < leaseTiming.writeForMs + slackMs,
      );
      tallies.demand(
        "F2",
        binding.length + 1 >= majority(arbiters),
        () => `${leader.name} leads without the store at ${Math.round(now())} ms by ${binding.length} promises`,
      );
    },
    decided: (leader, commit) => checkDecided(tallies, leader, commit),
    heard: (event) => noteEvent(tallies, event),
    written(arbiter, commit) {
      const on = disks.get(commit.id) ?? new Set();
      disks.set(commit.id, on.add(arbiter));
      // The outcome of what was under way as the store went was lost, and it may have gone in.
      if (on.size === 2 && !isIn.has(commit.id)) owed.set(commit.id, commit);
      return on.size === 2;
    },
    stored(commit) {
      isIn.add(commit.id);
      if (!owed.delete(commit.id)) return;
      tallies.exercise("F3");
      for (const event of commit.events)
        if (event.kind === "written-back")
          tallies.sometimes(`an entry was written back${event.isRecordOnly ? " as a record alone" : ""}`);
    },
    lostSuffix() {
      isSuffixLost = true;
    },
    ended(decided) {
      for (const commit of owed.values())
        tallies.violate(
          "F3",
          `what ${commit.by} did in failsafe, sequence ${commit.sequence}, never came into the store`,
        );
      const texts = decided.map((decision) => JSON.stringify(decision));
      // A standby that lost commits may have lost the very ones by which a leader would know that it decided before.
      if (!isSuffixLost)
        tallies.demand("F3", new Set(texts).size === texts.length, () => "a decision is in the store twice");
    },
  };
}

function checkDecided(tallies: Tallies, leader: SimulatedProcess, commit: Commit): void {
  tallies.sometimes("a leader in failsafe decided");
  for (const { kind } of commit.decisions.map(({ cause }) => cause)) {
    const isAsked = kind === "operator" || kind === "override-ended";
    tallies.demand("F4", isAsked || kind === "evacuate", () => `in failsafe ${leader.name} does ${kind}`);
    if (kind === "evacuate") tallies.sometimes("a service moved in failsafe");
  }
}

function noteEvent(tallies: Tallies, event: Event): void {
  if (event.kind === "failsafe-entered") tallies.sometimes("a leader went on in failsafe");
  if (event.kind !== "failsafe-ended") return;
  const how = event.because === "the store is back" ? "with" : "without";
  tallies.sometimes(`failsafe ended ${how} the store`);
}
