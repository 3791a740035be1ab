import type { SiteName } from "./model.ts";
import type { SiteHealth } from "./site-health.ts";

/** A site traffic could go to, and why it may or may not. */
export type Candidate = {
  readonly health: SiteHealth;
  readonly isQuarantined: boolean;
  readonly isDrained: boolean;
  /** Its own gateways sent users of the same channel elsewhere a moment ago, or do. */
  readonly hasTripped?: boolean;
  /** False: it can't carry the service on top of what it has. */
  readonly hasRoom?: boolean;
  /** How long it must be healthy until traffic goes home to it. Absent: as the service says. Unit: milliseconds. */
  readonly failbackHoldMs?: number;
};

export type Rank = "healthy" | "degraded" | "quarantined";

/** The ranks that may receive traffic, best first, by what the current site is. An unproven site never ranks. */
const ranksFrom = {
  down: ["healthy", "degraded", "quarantined"],
  degraded: ["healthy"],
} as const satisfies Record<"down" | "degraded", readonly Rank[]>;

/** The rank of a candidate, or undefined when it may not be a target at all. */
export function rankOf(candidate: Candidate): Rank | undefined {
  if (candidate.isDrained) return undefined;
  if (candidate.health.kind === "healthy") return candidate.isQuarantined ? "quarantined" : "healthy";
  return candidate.health.kind === "degraded" && !candidate.isQuarantined ? "degraded" : undefined;
}

/**
 * The best target when leaving a site: neither quarantine nor degradation leaves traffic on a dead site while a live one
 * stands by. Candidates come in order of preference; the first of the best rank wins, one that nobody has just begun to suspect if
 * there is any, and of these one with room: an overloaded site beats a dead one. Leaving what is merely degraded takes a
 * target that hasn't just tripped itself: two sites that trip together have one cause, and it isn't the site.
 */
export function bestTarget(
  candidates: readonly Candidate[],
  leaving: "down" | "degraded",
): { site: SiteName; rank: Rank } | undefined {
  for (const rank of ranksFrom[leaving]) {
    const ranked = candidates.filter(
      (candidate) => rankOf(candidate) === rank && !(leaving === "degraded" && candidate.hasTripped === true),
    );
    const trusted = ranked.filter(({ health }) => health.suspectedForMs === undefined);
    const eligible = trusted.length > 0 ? trusted : ranked;
    const found = eligible.find(({ hasRoom }) => hasRoom !== false) ?? eligible[0];
    if (found) return { site: found.health.site, rank };
  }
  return undefined;
}
