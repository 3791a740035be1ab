import type { Opinion, SiteName } from "./model.ts";
import { isPoolKey } from "./target.ts";
import { combineTraffic, type Traffic, type Voice } from "./traffic/combine-traffic.ts";
import type { CountedVote } from "./vote.ts";

/** The votes on one target, counted one per configured failure domain. */
export type Tally = {
  /** Configured domains, whether they are alive or not. */
  readonly electorate: number;
  readonly healthy: number;
  readonly degraded: number;
  readonly down: number;
  readonly unknown: number;
  /** Of `down`, how many see the target from outside its own site. */
  readonly downOutside: number;
  /** Of `degraded`, how many see the target from outside its own site. */
  readonly degradedOutside: number;
  readonly byDomain: Readonly<Record<SiteName, Opinion>>;
  /** What the site's own agents say of the pool's traffic. Absent: nothing, or it is no pool. */
  readonly traffic?: Traffic;
};

/** Counts the votes on one target of `site`. The order of votes makes no difference; domains that aren't configured don't count. */
export function tally(votes: readonly CountedVote[], electorate: readonly SiteName[], site: SiteName): Tally {
  const byDomain: Record<SiteName, Opinion> = {};
  for (const domain of electorate) {
    byDomain[domain] = domainOpinion(votes.filter((vote) => vote.domain === domain).map((vote) => vote.opinion));
  }
  const domainsSaying = (opinion: Opinion): SiteName[] => electorate.filter((domain) => byDomain[domain] === opinion);
  const traffic = ownTraffic(votes, site);
  const outside = (opinion: Opinion): number => domainsSaying(opinion).filter((domain) => domain !== site).length;
  return {
    electorate: electorate.length,
    healthy: domainsSaying("healthy").length,
    degraded: domainsSaying("degraded").length,
    down: domainsSaying("down").length,
    unknown: domainsSaying("unknown").length,
    downOutside: outside("down"),
    degradedOutside: outside("degraded"),
    byDomain,
    ...(traffic ? { traffic } : {}),
  };
}

/** Several agents of one domain are one vote: `down` only if all its fresh ones say so, else the best that any of them sees. */
function domainOpinion(opinions: readonly Opinion[]): Opinion {
  for (const opinion of ["healthy", "degraded", "down"] as const) {
    if (opinions.includes(opinion)) return opinion;
  }
  return "unknown";
}

/**
 * A site may testify against itself, and nobody else may: only the agents of the pool's own site are heard. Whether that site
 * is in the electorate makes no difference, since this is no vote on others.
 */
function ownTraffic(votes: readonly CountedVote[], site: SiteName): Traffic | undefined {
  const voices = votes.flatMap(({ agent, domain, target, traffic }): Voice[] =>
    traffic && domain === site && isPoolKey(target) ? [{ name: agent, traffic }] : [],
  );
  const keyed = new Map(
    voices.map((voice) => [`${voice.name} ${voice.traffic.state} ${voice.traffic.because}`, voice]),
  );
  return combineTraffic([...keyed].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, voice]) => voice));
}
