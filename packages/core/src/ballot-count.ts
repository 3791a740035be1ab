import type { Config } from "./config.ts";
import type { AgentName, SiteName } from "./model.ts";
import { type Table, valueOf } from "./table.ts";
import type { TargetKey } from "./target.ts";
import type { CountedVote, Vote } from "./vote.ts";
import type { Counted } from "./world.ts";

/** The votes that count now. Who is stale, abstains or goes by another configuration isn't in it, which tallies as unknown. */
export type BallotCount = {
  readonly casts: readonly Cast[];
  /** Failure domains with at least one agent that is fresh and trusts itself. */
  readonly freshDomains: readonly SiteName[];
  /** Absent: nobody noted them, and any vote may be another one than in the last cycle. */
  readonly changes?: VoteChanges;
};

/** What one agent says. */
export type Cast = { readonly agent: AgentName; readonly domain: SiteName; readonly votes: Table<Vote> };

/** The targets on which votes changed, report by report. */
export type VoteChanges = {
  /** The number of the last change. */
  readonly version: number;
  /** The last of them, newest last: what is not in here any more is forgotten. */
  readonly recent: readonly (readonly TargetKey[])[];
};

/** How old a report may be, by the nonce in it, for its votes to count. Unit: milliseconds. */
export const freshMs = ({ probes }: Config): number => 4 * probes.intervalMs;

export const votesOn = ({ casts }: Pick<BallotCount, "casts">, target: TargetKey): readonly CountedVote[] =>
  casts.flatMap(({ agent, domain, votes }): CountedVote[] => {
    const vote = valueOf(votes, target);
    if (!vote) return [];
    const { opinion, suspect, traffic } = vote;
    const doubt = suspect ? ({ suspect } as const) : {};
    return [{ agent, domain, target, opinion, ...doubt, ...(traffic ? { traffic } : {}) }];
  });

export const countedOf = ({ casts, changes }: BallotCount): Pick<Counted, "agents" | "version"> => ({
  agents: casts.map(({ agent }) => agent),
  version: changes?.version,
});

/** The targets on which votes may have changed since they were counted; undefined when that may be any. */
export function touchedSince({ casts, changes }: BallotCount, counted: Counted): readonly TargetKey[] | undefined {
  const { agents, version } = counted;
  if (!changes || version === undefined || version > changes.version) return undefined;
  if (agents.length !== casts.length || casts.some(({ agent }, at) => agent !== agents[at])) return undefined;
  const missed = changes.version - version;
  return missed > changes.recent.length ? undefined : changes.recent.slice(changes.recent.length - missed).flat();
}
