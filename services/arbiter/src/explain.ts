import type { BallotCount, Decision, Vote } from "@sluice/core";
import {
  configuredTargets,
  formatCause,
  formatFence,
  overridesOf,
  policySites,
  type ServiceConfig,
  siteHealth,
  sitesOf,
  tally,
  tallySentence,
  targetKey,
  valueOf,
  votesOn,
} from "@sluice/core";
import { serviceStatus, type View } from "./status.ts";

type Facts = View & {
  readonly ballots: BallotCount;
  readonly voteOf: (agent: string, target: string) => Vote | undefined;
  readonly decisions: readonly Decision[];
};

/** For one service: what it is answered and why, from the votes up to the last decision. */
export function explain(facts: Facts, service: ServiceConfig) {
  const { durable, watch } = facts;
  const { config } = durable;
  const state = durable.services[service.name];
  const snapshot = durable.snapshot?.services.find((entry) => entry.service === service.name);
  const last = facts.decisions.find((decision) => decision.service === service.name);
  const targets = configuredTargets(config).filter((target) => isAbout(target, service));
  return {
    arbiter: facts.arbiter,
    isLeading: facts.isLeading,
    isFailsafe: facts.isFailsafe,
    fence: durable.snapshot ? formatFence(durable.snapshot.fence) : null,
    ...serviceStatus(facts, service),
    answers: (snapshot?.choices ?? []).map(({ site, share, addresses }) => ({ site, share, addresses })),
    ttlSeconds: service.ttlSeconds,
    policy: service.policy.kind,
    failback: service.failback.kind,
    allBad: service.allBad.kind,
    sites: policySites(service.policy).map((site) => {
      const health = siteHealth(config, service, { site, watch });
      const quarantine = state?.quarantine.find((entry) => entry.site === site);
      const isServing = sitesOf(state?.served ?? { kind: "sorry" }).includes(site);
      return { ...health, isServing, quarantinedSince: quarantine?.since ?? null };
    }),
    targets: targets.map((target) => {
      const key = targetKey(target);
      const votes = votesOn(facts.ballots, key);
      const known = valueOf(watch.verdicts, key);
      const counted = tally(votes, config.electorate, target.site);
      return {
        target: key,
        verdict: known?.verdict ?? null,
        since: known?.since ?? null,
        tally: tallySentence(counted),
        traffic: counted.traffic ?? null,
        votes: config.agents.map((agent) => ({
          agent: agent.name,
          opinion: votes.find((vote) => vote.agent === agent.name)?.opinion ?? "unknown",
          because: facts.whyNotCounted(agent.name) ?? null,
          detail: facts.voteOf(agent.name, key)?.detail ?? null,
        })),
      };
    }),
    standing: overridesOf(durable.overrides, service.name),
    lastDecision: last
      ? { sequence: last.sequence, at: last.at, because: last.because, cause: formatCause(last.cause) }
      : null,
  };
}

/** A service's own pools, and the edges of its sites. */
function isAbout(target: ReturnType<typeof configuredTargets>[number], service: ServiceConfig): boolean {
  return target.kind === "pool" ? target.service === service.name : policySites(service.policy).includes(target.site);
}
