import { formatPlacement, type SiteShare, samePlacement } from "../placement.ts";
import { type Candidate, type Rank, rankOf } from "../rank.ts";
import { assessAllBad } from "./all-bad.ts";
import { type Assessment, mayFailBack, type PolicyFacts, stay } from "./assessment.ts";

/**
 * Shares over several sites. A site that is down loses its share to the survivors; what stays keeps its proportions. A site
 * that came back gets its share back by failback, manual or after a while, never by itself on first light.
 *
 * Sites are lost one a cycle, so that the brake on a second evacuation can tell one lost site from two. A degraded site keeps
 * its share: with several sites in the answers only a dead one is worth the load that its share would put on the others.
 */
export function assessWeighted(facts: PolicyFacts): Assessment {
  const { service, placed } = facts;
  if (service.policy.kind !== "weighted") return stay(placed, "serving", "not a weighted service");
  const configured = service.policy.sites.filter((entry) => entry.share > 0);
  const present = new Set(placed.kind === "sites" ? placed.shares.map((entry) => entry.site) : []);
  // A site without a share is in the answers only when an operator sent the service there.
  const kept = service.policy.sites
    .filter((entry) => present.has(entry.site))
    .map((entry) => (entry.share > 0 ? entry : { ...entry, share: 1 }));
  const lost = kept.find((entry) => find(facts, entry.site)?.health.kind === "down");
  const survivors = kept.filter((entry) => entry !== lost && find(facts, entry.site)?.health.kind !== "down");
  const absent = configured.filter((entry) => !present.has(entry.site));
  if (lost || kept.length === 0) return replace(facts, { lost, kept, survivors, absent });
  const returning = absent.filter((entry) => {
    const candidate = find(facts, entry.site);
    return candidate !== undefined && mayFailBack(facts, candidate);
  });
  if (returning.length === 0 && !isAsConfigured(facts, kept)) return gather(facts, kept);
  if (returning.length === 0) return resting(facts, absent.length === 0);
  return {
    situation: "share-site-back",
    wanted: { kind: "sites", shares: inOrder(facts, [...kept, ...returning]) },
    cause: { kind: "failback", service: service.name },
    because: `${names(returning)} may take a share again`,
    isEvacuation: false,
  };
}

/** Whether those that are there have the shares that the policy gives them. */
const isAsConfigured = (facts: PolicyFacts, kept: readonly SiteShare[]): boolean =>
  samePlacement(facts.placed, { kind: "sites", shares: inOrder(facts, kept) });

/** A failback was cut short, and whoever leads now knows nothing of it. */
function gather(facts: PolicyFacts, kept: readonly SiteShare[]): Assessment {
  const wanted = { kind: "sites", shares: inOrder(facts, kept) } as const;
  const isWell = kept.every((entry) => find(facts, entry.site)?.health.kind === "healthy");
  if (!isWell || facts.service.failback.kind === "manual") return resting(facts, false);
  return {
    situation: "share-site-back",
    wanted,
    cause: { kind: "failback", service: facts.service.name },
    because: `a failback was cut short; ${names(kept)} get the shares that the policy gives them`,
    isEvacuation: false,
  };
}

type Lots = {
  /** The first site that is down; undefined when the service is on no site at all. */
  readonly lost: SiteShare | undefined;
  readonly kept: readonly SiteShare[];
  readonly survivors: readonly SiteShare[];
  readonly absent: readonly SiteShare[];
};

/** What takes the place of a lost site, or of no site at all: the survivors, and where none of them is proven, who ranks best. */
function replace(facts: PolicyFacts, lots: Lots): Assessment {
  const { service, placed } = facts;
  const { lost, kept, survivors, absent } = lots;
  const isProven = survivors.some((entry) => isServing(find(facts, entry.site)));
  const called = isProven ? [] : bestOf(facts, absent);
  const stays = survivors.length > 0 ? kept.filter((entry) => entry !== lost) : [];
  const next = inOrder(facts, [...stays, ...called]);
  if (next.length === 0 && !lost && placed.kind === "sites")
    return stay(
      placed,
      "site-unknown",
      `${formatPlacement(placed)} is not in the policy, and no site of it is fit yet`,
    );
  if (next.length === 0) return assessAllBad(service, placed);
  const wanted = { kind: "sites", shares: next } as const;
  if (!lost) {
    return {
      situation: "recovered-from-all-bad",
      wanted,
      cause: { kind: "rebalance", service: service.name },
      because: `${names(called)} may take its share again`,
      isEvacuation: true,
    };
  }
  return {
    situation: "share-site-down",
    wanted,
    cause: { kind: "evacuate", site: lost.site },
    because: `${find(facts, lost.site)?.health.target ?? lost.site} is down and its share goes to ${names(next)}`,
    isEvacuation: true,
  };
}

/** Those of the best rank that any of them has, without those that have just begun to fail if there are others. */
function bestOf(facts: PolicyFacts, sites: readonly SiteShare[]): readonly SiteShare[] {
  const ranked = (rank: Rank): readonly SiteShare[] => {
    const fit = sites.filter((entry) => {
      const candidate = find(facts, entry.site);
      return candidate !== undefined && rankOf(candidate) === rank;
    });
    const trusted = fit.filter((entry) => find(facts, entry.site)?.health.suspectedForMs === undefined);
    return trusted.length > 0 ? trusted : fit;
  };
  return (["healthy", "degraded", "quarantined"] as const).map(ranked).find((found) => found.length > 0) ?? [];
}

function resting(facts: PolicyFacts, isComplete: boolean): Assessment {
  const { placed, service } = facts;
  const present = facts.candidates.filter(
    ({ health }) => placed.kind === "sites" && placed.shares.some((entry) => entry.site === health.site),
  );
  const unknown = present.find((entry) => entry.health.kind === "unknown")?.health;
  if (unknown)
    return stay(placed, "site-unknown", `${unknown.site} is unknown (${unknown.because}), and unknown is not down`);
  const degraded = present.find((entry) => entry.health.kind === "degraded")?.health;
  if (degraded)
    return stay(
      placed,
      "site-degraded-no-standby",
      `${degraded.target} is degraded (${degraded.because}), and only a site that is down loses its share`,
    );
  if (!isComplete)
    return stay(placed, "serving-away", `some sites are without their share; failback is ${service.failback.kind}`);
  return stay(placed, "serving", "every site has its configured share");
}

const inOrder = (facts: PolicyFacts, shares: readonly SiteShare[]): readonly SiteShare[] =>
  facts.candidates.flatMap(({ health }) => shares.filter((entry) => entry.site === health.site));

const find = (facts: PolicyFacts, site: string): Candidate | undefined =>
  facts.candidates.find((entry) => entry.health.site === site);

const isServing = (candidate: Candidate | undefined): boolean =>
  candidate?.health.kind === "healthy" || candidate?.health.kind === "degraded";

const names = (sites: readonly SiteShare[]): string => sites.map((entry) => entry.site).join(", ");
