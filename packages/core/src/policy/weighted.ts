import { type Placement, samePlacement } from "../placement.ts";
import { type Candidate, rankOf } from "../rank.ts";
import { assessAllBad } from "./all-bad.ts";
import { type Assessment, type PolicyFacts, stay } from "./assessment.ts";

/**
 * Shares over several sites. A site that is down loses its share to the survivors; what stays keeps its proportions. A site
 * that came back gets its share back by failback, manual or after a while, never by itself on first light.
 */
export function assessWeighted(facts: PolicyFacts): Assessment {
  const { service, base } = facts;
  if (service.policy.kind !== "weighted") return stay(base, "serving", "not a weighted service");
  const configured = service.policy.sites.filter((entry) => entry.share > 0);
  const current = new Set(base.kind === "sites" ? base.shares.map((entry) => entry.site) : []);
  const candidate = (site: string): Candidate | undefined =>
    facts.candidates.find((entry) => entry.health.site === site);
  const placed = configured.filter((entry) => current.has(entry.site));
  const survivors = placed.filter((entry) => isFit(candidate(entry.site)));
  const lost = placed.find((entry) => !survivors.includes(entry));
  const returning = configured.filter(
    (entry) => !current.has(entry.site) && mayReturn(facts, candidate(entry.site), survivors.length === 0),
  );
  const next = configured.filter((entry) => survivors.includes(entry) || returning.includes(entry));
  if (next.length === 0) return assessAllBad(service, base);
  const wanted: Placement = { kind: "sites", shares: next };
  if (samePlacement(wanted, base)) return resting(facts, next.length === configured.length);
  if (lost) {
    const because = `${candidate(lost.site)?.health.target ?? lost.site} is down and its share goes to ${next.map((entry) => entry.site).join(", ")}`;
    return {
      situation: "share-site-down",
      wanted,
      cause: { kind: "evacuate", site: lost.site },
      because,
      isEvacuation: true,
    };
  }
  const because = `${returning.map((entry) => entry.site).join(", ")} may take a share again`;
  return {
    situation: "share-site-back",
    wanted,
    cause: { kind: "rebalance", service: service.name },
    because,
    isEvacuation: survivors.length === 0,
  };
}

/** A site in the answers keeps its share until the quorum calls it down: unknown and degraded sites stay. */
const isFit = (candidate: Candidate | undefined): boolean =>
  candidate !== undefined && candidate.health.kind !== "down";

function mayReturn(facts: PolicyFacts, candidate: Candidate | undefined, nothingLeft: boolean): boolean {
  if (!candidate) return false;
  const rank = rankOf(candidate);
  if (nothingLeft) return rank !== undefined;
  const since = facts.healthySince[candidate.health.site];
  const { failback } = facts.service;
  return (
    rank === "healthy" && failback.kind === "auto-after" && since !== undefined && facts.now - since >= failback.afterMs
  );
}

function resting(facts: PolicyFacts, isComplete: boolean): Assessment {
  if (!isComplete)
    return stay(
      facts.base,
      "serving-away",
      `some sites are without their share; failback is ${facts.service.failback.kind}`,
    );
  const unknown = facts.candidates.find((entry) => entry.health.kind === "unknown");
  if (unknown)
    return stay(
      facts.base,
      "site-unknown",
      `${unknown.health.site} is unknown (${unknown.health.because}), and unknown is not down`,
    );
  return stay(facts.base, "serving", "every site has its configured share");
}
