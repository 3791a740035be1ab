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
import { type Held, newsSince } from "../../../services/agent/src/news.ts";

/** An agent that looks at nothing: its votes are what the bench says. */
export interface Voter {
  readonly agent: AgentConfig;
  /** A share of its votes changes: half of them to degraded, of targets drawn by chance, and those of the last time back to healthy. */
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
  let wavered: readonly number[] = [];
  const all = targets.map(({ key }): Vote => ({ target: key, opinion: "healthy", suspect: false }));
  const set = (at: number, opinion: Opinion): void => {
    const before = all[at];
    if (!before || before.opinion === opinion) return;
    const { target } = before;
    // So many votes travel without the words for people.
    const failing = { failingSince: epochMs(1_790_000_000_000) };
    all[at] = { target, opinion, suspect: false, ...(opinion === "healthy" ? {} : failing) };
  };
  return {
    agent,
    waver(share, chance) {
      for (const at of wavered) set(at, "healthy");
      const draw = (): number => Math.floor(chance.next() * all.length);
      wavered = Array.from({ length: Math.round((all.length * share) / 2) }, draw);
      for (const at of wavered) set(at, "degraded");
    },
    see(site, opinion) {
      for (const [at, target] of targets.entries()) if (target.site === site) set(at, opinion);
    },
    votes: () => [...all],
  };
}

/** What an agent knows of one arbiter. */
export type Line = { nonce: string; seq: number; held: Held | undefined };

type Reply = { readonly kind: string; readonly nonce: string; readonly holds?: number | undefined };

/** The next report, and what is to be done with the answer. */
export function nextReport(
  voter: Voter,
  line: Line,
  to: { readonly arbiter: string; readonly revision: number },
): { readonly report: Report; readonly hear: (reply: Reply) => void } {
  line.seq += 1;
  const next = { seq: line.seq, configRevision: to.revision, votes: voter.votes() };
  const head = { agent: voter.agent.name, arbiter: to.arbiter, nonce: line.nonce, bootId: "bench" };
  const report: Report = { ...head, ...next, selfCheck: { kind: "ok" }, ...newsSince(line.held, next) };
  line.held = undefined;
  return {
    report,
    hear({ nonce, holds }) {
      line.nonce = nonce;
      if (holds === next.seq) line.held = next;
    },
  };
}
