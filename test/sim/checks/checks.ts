import type { Config, Event, Found, Snapshot } from "@sluice/core";
import type { Commit } from "@sluice/ports";
import type { SimulatedProcess } from "@sluice/testkit";
import type { ArbiterContext } from "../../../services/arbiter/src/context.ts";
import type { FaultKind } from "../scenario/swarm.ts";
import { type DecisionChecks, makeDecisionChecks } from "./decision-checks.ts";
import { type FailsafeChecks, makeFailsafeChecks } from "./failsafe-checks.ts";
import { type LeaseChecks, makeLeaseChecks } from "./lease-checks.ts";
import { orderOf } from "./order.ts";
import { makePlaneChecks, type PlaneChecks } from "./plane-checks.ts";
import type { Tallies } from "./tallies.ts";
import { makeVoteChecks, type VoteChecks } from "./vote-checks.ts";

/** Everything that watches one simulation. Actors tell it what they do; nothing it knows ever reaches them. */
export type Checks = Omit<LeaseChecks, "sending" | "committed" | "lostSuffix" | "forget"> &
  Omit<PlaneChecks, "committed"> &
  Pick<VoteChecks, "counted" | "nonceGiven" | "foundFresh"> &
  Omit<FailsafeChecks, "decided" | "heard" | "written" | "stored" | "lostSuffix"> & {
    readonly tallies: Tallies;
    sometimes(what: string): void;
    committing(client: SimulatedProcess, commit: Commit): void;
    committed(commit: Commit, holder: { readonly holder: string; readonly epoch: number } | undefined): void;
    lostSuffix(): void;
    /** A leader in failsafe begins to write down a commit. */
    journalling(leader: SimulatedProcess, commit: Commit): void;
    written(arbiter: string, commit: Commit): void;
    arbiterStarted(name: string): void;
    /** An arbiter counts its votes. */
    weighed(arbiter: SimulatedProcess, context: ArbiterContext): void;
    /** A new leader has asked everybody what they hold. */
    askedBeforeWriting(arbiter: SimulatedProcess, found: readonly Found[]): void;
    offered(node: string, result: string): void;
    /** What a leader writes into its journal beside its commits. */
    told(event: Event): void;
    /** An error of ours, which no fault explains. */
    broke(who: string, error: unknown): void;
  };

type Deps = {
  readonly tallies: Tallies;
  readonly now: () => number;
  readonly swarm: ReadonlySet<FaultKind>;
  readonly config: Config;
};

export function makeChecks(deps: Deps): Checks {
  const { tallies, now, swarm, config } = deps;
  const lease = makeLeaseChecks(tallies, now, swarm);
  const votes = makeVoteChecks(tallies, now, swarm);
  const planes = makePlaneChecks(tallies, config);
  const decisions: DecisionChecks = makeDecisionChecks({ ...deps, votes });
  const worlds = makeWorldCheck(tallies);
  const failsafe = makeFailsafeChecks(tallies, now, config.arbiters.length);
  /** Judged as they were made: what failsafe takes up, or writes back, is no new decision. */
  const judged = new Set<string>();
  const judge = (client: SimulatedProcess, commit: Commit): void => {
    if (judged.has(commit.id)) return;
    judged.add(commit.id);
    decisions.sending(client, commit);
    worlds.sending(client, commit);
  };
  return {
    ...lease,
    ...failsafe,
    ...planes,
    ...votes,
    tallies,
    sometimes: (what) => tallies.sometimes(what),
    committing(client, commit) {
      lease.sending(client, commit);
      judge(client, commit);
    },
    journalling(leader, commit) {
      // What was under way as the store went was decided before, and is done whatever became of it in the store.
      lease.readBack(leader, commit.id);
      if (judged.has(commit.id)) return;
      judge(leader, commit);
      failsafe.decided(leader, commit);
    },
    written(arbiter, commit) {
      if (failsafe.written(arbiter, commit)) planes.committed(commit);
    },
    committed(commit, holder) {
      lease.committed(commit, holder);
      decisions.committed(commit);
      planes.committed(commit);
      failsafe.stored(commit);
    },
    lostSuffix() {
      failsafe.lostSuffix();
      lease.lostSuffix();
      decisions.lostSuffix();
    },
    arbiterStarted(name) {
      lease.forget(name);
      votes.arbiterStarted(name);
    },
    weighed(arbiter, { keeper }) {
      const { config: inForce, configRevision } = keeper.durable();
      votes.weigh(arbiter, inForce, configRevision);
    },
    askedBeforeWriting: (arbiter, found) => worlds.asked(arbiter, found),
    told(event) {
      if (event.kind === "adopted") tallies.sometimes("a leader adopted a newer world than its store's");
      failsafe.heard(event);
      if (event.kind === "diverged") tallies.sometimes("a leader found worlds that disagree, and waited");
    },
    offered: (_node, result) => tallies.sometimes(`a node was offered a snapshot: ${result}`),
    broke(who, error) {
      tallies.violate("crash", `${who}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    },
  };
}

/** The stale world: what a new leader was shown must not be older than what it then writes over it. */
function makeWorldCheck(tallies: Tallies) {
  const shown = new Map<string, Snapshot>();
  return {
    asked(arbiter: SimulatedProcess, found: readonly Found[]): void {
      for (const { snapshot } of found) {
        const before = shown.get(arbiter.name);
        if (!before || orderOf(snapshot.fence, before.fence) > 0) shown.set(arbiter.name, snapshot);
      }
    },
    /** Where a service was served by what it was shown, and no decision moves it, it is served still. */
    sending(arbiter: SimulatedProcess, commit: Commit): void {
      const seen = shown.get(arbiter.name);
      if (!seen || !commit.snapshot) return;
      shown.delete(arbiter.name);
      const next = JSON.parse(commit.snapshot.envelope.payload) as Snapshot;
      if (orderOf(seen.fence, next.fence) >= 0) return;
      const decided = new Set(commit.decisions.map(({ service }) => service));
      for (const { service, choices } of seen.services) {
        const mine = next.services.find((entry) => entry.service === service);
        if (!mine || decided.has(service) || commit.sequence - commit.sequenceBefore > 1_000) continue;
        const isSame = JSON.stringify(mine.choices) === JSON.stringify(choices);
        tallies.demand(
          "I3",
          isSame || seen.fence.sequence < commit.sequenceBefore,
          () =>
            `${arbiter.name} re-asserts an older place of ${service} under epoch ${commit.epoch}, though it was shown a newer one`,
        );
      }
    },
  };
}
