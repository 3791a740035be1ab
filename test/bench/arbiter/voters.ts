import {
  type AgentConfig,
  type Config,
  configuredTargets,
  epochMs,
  type Opinion,
  type Report,
  type TargetKey,
  targetKey,
  type Vote,
} from "@sluice/core";
import type { Prng } from "@sluice/ports";

/** An agent that looks at nothing: its votes are what the bench says. */
export interface Voter {
  readonly agent: AgentConfig;
  /** Another opinion of some of its targets, drawn by chance: healthy ones become degraded, and back. */
  waver(share: number, chance: Prng): void;
  /** All that stands in a site is seen so. */
  see(site: string, opinion: Opinion): void;
  votes(): readonly Vote[];
}

export function makeVoters(config: Config): readonly Voter[] {
  const targets = configuredTargets(config).map((target) => ({ key: targetKey(target), site: target.site }));
  return config.agents.map((agent) => makeVoter(agent, targets));
}

function makeVoter(agent: AgentConfig, targets: readonly { key: TargetKey; site: string }[]): Voter {
  const all = targets.map(({ key }): Vote => ({ target: key, opinion: "healthy", suspect: false }));
  const set = (at: number, opinion: Opinion): void => {
    const before = all[at];
    if (!before || before.opinion === opinion) return;
    const { target } = before;
    const failing = { failingSince: epochMs(1_790_000_000_000), detail: "connect ECONNREFUSED 127.0.0.1:9001" };
    all[at] = { target, opinion, suspect: false, ...(opinion === "healthy" ? {} : failing) };
  };
  return {
    agent,
    waver(share, chance) {
      for (let left = Math.round(all.length * share); left > 0; left -= 1) {
        const at = Math.floor(chance.next() * all.length);
        set(at, all[at]?.opinion === "healthy" ? "degraded" : "healthy");
      }
    },
    see(site, opinion) {
      for (const [at, target] of targets.entries()) if (target.site === site) set(at, opinion);
    },
    votes: () => [...all],
  };
}

/** What differs from report to report of one agent to one arbiter. */
export type Line = { nonce: string; seq: number };

export function reportOf(
  voter: Voter,
  line: Line,
  to: { readonly arbiter: string; readonly revision: number },
): Report {
  line.seq += 1;
  return {
    agent: voter.agent.name,
    arbiter: to.arbiter,
    nonce: line.nonce,
    bootId: "bench",
    seq: line.seq,
    configRevision: to.revision,
    selfCheck: { kind: "ok" },
    votes: voter.votes(),
  };
}
