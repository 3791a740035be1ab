import {
  type Config,
  type Decision,
  type Event,
  isDrained,
  isExpired,
  isFrozen,
  type Override,
  overridesOf,
  type Placement,
  type Snapshot,
  sitesOf,
} from "@sluice/core";
import type { Commit } from "@sluice/ports";
import type { SimulatedProcess } from "@sluice/testkit";
import type { FaultKind } from "../scenario/swarm.ts";
import type { Tallies } from "./tallies.ts";
import type { VoteChecks } from "./vote-checks.ts";

/** I6, I7, I15, I17, I18, I19 and I24: every decision as its commit is sent or taken. */
export interface DecisionChecks {
  sending(arbiter: SimulatedProcess, commit: Commit): void;
  committed(commit: Commit): void;
  lostSuffix(): void;
}

type Deps = {
  readonly tallies: Tallies;
  readonly votes: VoteChecks;
  readonly swarm: ReadonlySet<FaultKind>;
  readonly config: Config;
};

const automatic = ["evacuate", "leave-degraded", "rebalance", "failback", "all-bad"];
/** Clocks by which a brake can't be checked from outside. */
const clockFaults: readonly FaultKind[] = ["wall-step", "wall-skew", "clock-rate", "suspend", "db-lost-suffix"];

export function makeDecisionChecks(deps: Deps): DecisionChecks {
  const { tallies, config } = deps;
  /** Automatic moves of each service, since an operator last looked. */
  const moves = new Map<string, number[]>();
  const areClocksTrue = !clockFaults.some((fault) => deps.swarm.has(fault));
  return {
    lostSuffix: () => moves.clear(),
    sending(arbiter, commit) {
      for (const decision of commit.decisions) checkDecision(deps, { arbiter, decision, commit });
      checkOverrides(tallies, commit);
    },
    committed(commit) {
      checkRecord(tallies, commit);
      for (const event of commit.events) if (event.kind === "released") moves.set(event.service, []);
      for (const decision of commit.decisions) {
        if (!automatic.includes(decision.cause.kind)) continue;
        tallies.sometimes(`a service moved by itself: ${decision.cause.kind}`);
        if (decision.because.includes("(own-traffic"))
          tallies.sometimes("a service moved away from a pool that its own gateways tripped");
        if (isStep(decision) || isRecordOnly(commit)) continue;
        const earlier = moves.get(decision.service) ?? [];
        if (areClocksTrue && isBraked(decision)) checkBrakes(tallies, config, { decision, earlier });
        moves.set(decision.service, [...earlier, decision.at]);
      }
      for (const event of commit.events) noteEvent(tallies, event);
    },
  };
}

type Sending = { readonly arbiter: SimulatedProcess; readonly decision: Decision; readonly commit: Commit };

function checkDecision({ tallies, votes, config }: Deps, { arbiter, decision, commit }: Sending): void {
  const { cause, service, from, to } = decision;
  const what = `${arbiter.name} decided ${service}: ${cause.kind}, to ${sitesOf(to).join("+")}`;
  if (cause.kind === "evacuate") {
    const why = votes.whyNotDown(arbiter, service, cause.site);
    tallies.demand("I7", why === undefined, () => `${what}, though ${why}`);
  }
  const isAsked = commit.events.some((event) => event.kind === "rule-overridden" && event.service === service);
  if (to.kind === "sites" && !isAsked) {
    const isServing = sitesOf(to).some((site) => !votes.isDown(arbiter.name, service, site));
    tallies.demand("I6", isServing, () => `${what}, where nothing serves`);
  }
  if (!automatic.includes(cause.kind)) return;
  const overrides = overridesOf(commit.overrides, service);
  const entered = to.kind === "sites" ? sitesOf(to).filter((site) => !sitesOf(from).includes(site)) : [];
  for (const site of entered) {
    tallies.demand("I17", !isDrained(overrides, site), () => `${what}, which an operator drains`);
    tallies.demand("I17", !votes.isDown(arbiter.name, service, site), () => `${what}, which is down`);
  }
  tallies.demand("I19", !isFrozen(overrides), () => `${what}, though an operator froze it`);
  const setting = config.services.find(({ name }) => name === service)?.failback.kind;
  tallies.demand("I18", cause.kind !== "failback" || setting === "auto-after", () => `${what}, and failback is manual`);
}

/** A pin holds what is served from the commit that brings it to the one that ends it. */
function checkOverrides(tallies: Tallies, commit: Commit): void {
  if (!commit.snapshot) return;
  const snapshot = JSON.parse(commit.snapshot.envelope.payload) as Snapshot;
  for (const { service, choices } of snapshot.services) {
    const pins = overridesOf(commit.overrides, service)
      .filter(isPinToSite)
      .filter((pin) => !isExpired(pin, commit.at));
    const site = pins.at(-1)?.site;
    if (site === undefined) continue;
    const served = choices.map((choice) => choice.site).join("+");
    tallies.demand(
      "I19",
      served === site,
      () => `${commit.by} publishes ${service} at ${served}, and it is pinned to ${site}`,
    );
  }
}

const isPinToSite = ({ kind, site }: Override): boolean => kind === "pin" && site !== undefined;

function checkRecord(tallies: Tallies, commit: Commit): void {
  const told = commit.events.flatMap((event) => (event.kind === "decided" ? [event.decision.sequence] : []));
  // What was decided in failsafe, and comes after another leader's, keeps the numbers that it was given then.
  const isRecord = commit.events.some((event) => event.kind === "written-back");
  for (const { sequence, service } of commit.decisions) {
    const isNumbered = isRecord || (sequence > commit.sequenceBefore && sequence <= commit.sequence);
    const isIn = told.includes(sequence) && isNumbered;
    tallies.demand("I24", isIn, () => `decision ${sequence} of ${service} has no record in its commit`);
  }
}

/** A failback is one move, however many steps it takes. */
const isStep = ({ situation }: Decision): boolean => situation === "failing-back" || situation === "failback-stopped";

/** An evacuation, and coming back from nowhere, are held by no cool-down. */
const isBraked = ({ cause, from }: Decision): boolean =>
  cause.kind === "leave-degraded" || cause.kind === "failback" || (cause.kind === "rebalance" && isSites(from));
const isSites = (placement: Placement): boolean => placement.kind === "sites";

/** What one leader did in failsafe while another led: in the world of the other, where brakes count, it never was. */
const isRecordOnly = ({ events }: Commit): boolean =>
  events.some((event) => event.kind === "written-back" && event.isRecordOnly);

type Braking = { readonly decision: Decision; readonly earlier: readonly number[] };

function checkBrakes(tallies: Tallies, config: Config, { decision, earlier }: Braking): void {
  // By the leader's clock, which is true here: a database that hangs may take a decision in much later.
  const now = decision.at;
  const { cooldownMs, movesPerHourMax } = config.guards;
  const what = `${decision.service} moves by itself (${decision.cause.kind})`;
  const last = earlier.at(-1);
  if (last !== undefined)
    tallies.demand(
      "I15",
      now - last >= cooldownMs - 2_000,
      () => `${what} ${Math.round(now - last)} ms after it moved before`,
    );
  tallies.demand(
    "I15",
    earlier.length < movesPerHourMax,
    () => `${what} after ${earlier.length} moves, and nobody looked`,
  );
}

function noteEvent(tallies: Tallies, event: Event): void {
  if (event.kind === "config-applied") tallies.sometimes("a configuration was applied");
  if (event.kind === "latched") tallies.sometimes("a service latched to manual");
  if (event.kind === "held") tallies.sometimes(`a guard held a move back: ${event.rule}`);
  if (event.kind === "readmitted") tallies.sometimes(`a quarantined site was readmitted: ${event.because}`);
}
