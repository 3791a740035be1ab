import type { SiteName } from "../model.ts";
import { formatPlacement, onSite, type Placement, type SiteShare, sitesOf } from "../placement.ts";
import { bestTarget, type Candidate, rankOf } from "../rank.ts";
import { isAlarmOnly } from "../verdict.ts";
import { assessAllBad } from "./all-bad.ts";
import { type Assessment, mayFailBack, type PolicyFacts, stay } from "./assessment.ts";

const standbySituation = {
  healthy: "site-down-standby-ready",
  degraded: "site-down-standby-degraded",
  quarantined: "site-down-standby-quarantined",
} as const;

/** Ordered sites, one of which serves. It stays where it is until that site is no good: failback is a decision of its own. */
export function assessFailover(facts: PolicyFacts): Assessment {
  const { placed, candidates } = facts;
  const current =
    placed.kind === "sites" ? candidates.find((entry) => entry.health.site === mostOf(placed.shares)) : undefined;
  const others = candidates.filter((entry) => entry !== current);
  if (!current) return recover(facts);
  const dead = others.find(({ health }) => health.kind === "down" && sitesOf(placed).includes(health.site));
  if (dead && current.health.kind !== "down") return gatherFrom(dead, current.health.site);
  switch (current.health.kind) {
    case "unknown":
      return stay(
        placed,
        "site-unknown",
        `${current.health.site} is unknown (${current.health.because}), and unknown is not down`,
      );
    case "down":
      return leaveDown(facts, current, others);
    case "degraded":
      return leaveDegraded(facts, current, others);
    case "healthy":
      return isSplit(placed) ? gather(facts, current.health.site) : healthy(facts, current.health.site, others);
    default:
      return current.health.kind satisfies never;
  }
}

/** Where most of the traffic is. */
const mostOf = (shares: readonly SiteShare[]): SiteName | undefined =>
  shares.reduce<SiteShare | undefined>((most, entry) => (most && most.share >= entry.share ? most : entry), undefined)
    ?.site;

const isSplit = (placed: Placement): boolean => placed.kind === "sites" && placed.shares.length > 1;

/** A failback was cut short, and whoever leads now knows nothing of it. */
const gather = ({ service }: PolicyFacts, site: SiteName): Assessment => ({
  situation: "serving-away",
  wanted: onSite(site),
  cause: { kind: "rebalance", service: service.name },
  because: `a failback was cut short, and most of the traffic is at ${site}`,
  isEvacuation: false,
});

/** Brakes yield to that, as they do when a ramp stops: who is answered with the dead site is served by nobody. */
const gatherFrom = ({ health: { site, target, because } }: Candidate, rest: SiteName): Assessment => ({
  situation: "failback-stopped",
  wanted: onSite(rest),
  cause: { kind: "evacuate", site },
  because: `${target} is down (${because}) after a failback was cut short, and most of the traffic is at ${rest}`,
  isEvacuation: true,
});

function leaveDown(facts: PolicyFacts, current: Candidate, others: readonly Candidate[]): Assessment {
  const { site, target, because } = current.health;
  const best = bestTarget(others, "down");
  if (!best) return assessAllBad(facts.service, facts.placed);
  return {
    situation: standbySituation[best.rank],
    wanted: onSite(best.site),
    cause: { kind: "evacuate", site },
    because: `${target} is down (${because}) and ${best.site} ranks ${best.rank}`,
    isEvacuation: true,
  };
}

function leaveDegraded(facts: PolicyFacts, current: Candidate, others: readonly Candidate[]): Assessment {
  const { site, target, because, detail } = current.health;
  const why = detail === undefined ? because : `${because}: ${detail}`;
  const best = isAlarmOnly(because) ? undefined : bestTarget(others, "degraded");
  if (!best)
    return stay(
      facts.placed,
      "site-degraded-no-standby",
      `${target} is degraded (${why}), and nothing healthier is to be had`,
    );
  return {
    situation: "site-degraded-standby-ready",
    wanted: onSite(best.site),
    cause: { kind: "leave-degraded", site },
    because: `${target} is degraded (${why}) and ${best.site} is healthy`,
    isEvacuation: false,
  };
}

function healthy(facts: PolicyFacts, site: SiteName, others: readonly Candidate[]): Assessment {
  const { service, placed, candidates } = facts;
  if (!others.some((entry) => rankOf(entry) === "healthy")) {
    return stay(placed, "serving-without-standby", `${site} serves and no standby is ready`);
  }
  const home = candidates[0];
  if (!home || home.health.site === site) return stay(placed, "serving", `${site} serves, and a standby is ready`);
  if (mayFailBack(facts, home)) {
    return {
      situation: "serving-away",
      wanted: onSite(home.health.site),
      cause: { kind: "failback", service: service.name },
      because: `${home.health.site} has been healthy for ${Math.round(home.health.healthyForMs / 1000)} s`,
      isEvacuation: false,
    };
  }
  const who = facts.isOperatorsChoice ? "an operator put it there" : `failback is ${service.failback.kind}`;
  return stay(placed, "serving-away", `${site} serves away from home; ${who}`);
}

/** From the sorry address, from failing open or from a site that the policy doesn't know, to the first that is fit. */
function recover(facts: PolicyFacts): Assessment {
  const { placed } = facts;
  const best = bestTarget(facts.candidates, "down");
  if (!best && placed.kind === "sites")
    return stay(
      placed,
      "site-unknown",
      `${formatPlacement(placed)} is not in the policy, and no site of it is fit yet`,
    );
  if (!best) return assessAllBad(facts.service, placed);
  return {
    situation: "recovered-from-all-bad",
    wanted: onSite(best.site),
    cause: { kind: "rebalance", service: facts.service.name },
    because: `${best.site} ranks ${best.rank} again`,
    isEvacuation: true,
  };
}
