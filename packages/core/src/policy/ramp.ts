import { formatPlacement, sitesOf } from "../placement.ts";
import { mixed, nextPercent, type Ramp, returning } from "../ramp.ts";
import type { Candidate } from "../rank.ts";
import { isAlarmOnly } from "../verdict.ts";
import { assessPolicy } from "./assess.ts";
import { type Assessment, type PolicyFacts, stay } from "./assessment.ts";

export type RampFacts = {
  readonly ramp: Ramp;
  /** How long it has stood at its percentage. Unit: milliseconds. */
  readonly stoodMs: number;
  readonly stepMs: number;
};

/**
 * A failback under way: it goes on while the sites that get their traffic back are healthy, and stops on trouble there.
 *
 *   what carried the traffic is down      leave it, as the policy says; home takes all at once where it is fit
 *   nothing ranks                         as `allBad` says
 *   a returning site is down              back to where it came from
 *   it is degraded, and all of those well  back as well
 *   one of them all is unknown            wait: unknown is neither
 *   else                                  the next step, when this one has stood for long enough
 */
export function assessRamp(facts: PolicyFacts, { ramp, stoodMs, stepMs }: RampFacts): Assessment {
  const { placed, service } = facts;
  const without = assessPolicy({ ...facts, placed: ramp.from });
  if (without.isEvacuation) return without;
  if (without.situation === "everything-down") return stay(placed, without.situation, without.because);
  const back = candidatesAt(facts, returning(ramp));
  const carriers = candidatesAt(facts, sitesOf(ramp.from));
  const isFit = carriers.every(({ health, hasTripped }) => health.kind === "healthy" && hasTripped !== true);
  const bad = back.find(({ health }) => health.kind === "down") ?? (isFit ? back.find(isBad) : undefined);
  if (bad) return stop(bad, ramp);
  const words = `${ramp.percent} % of the way home to ${formatPlacement(ramp.to)}`;
  const doubtful = back.find(({ health }) => health.kind !== "healthy");
  const unknown = carriers.find(({ health }) => health.kind === "unknown");
  const waits = doubtful ?? unknown ?? back.find((candidate) => candidate.hasTripped === true);
  if (waits)
    return stay(placed, "failing-back", `${words}; it waits, since ${waits.health.site} is not known to be well`);
  if (stoodMs < stepMs) return stay(placed, "failing-back", `${words}; the next step waits its time`);
  const percent = nextPercent(ramp.percent);
  const wanted = mixed(ramp.from, ramp.to, percent);
  return {
    situation: "failing-back",
    wanted,
    cause: { kind: "failback", service: service.name },
    because: `${formatPlacement(placed)} went well for ${Math.round(stoodMs / 1000)} s; now ${percent} %`,
    isEvacuation: false,
    isStep: true,
    ...(percent < 100 ? { ramp: { from: ramp.from, to: ramp.to, percent } } : {}),
  };
}

/** The first step of a failback that a policy wants; what isn't one stays as it is. */
export function inSteps(assessment: Assessment, facts: PolicyFacts, percent: number): Assessment {
  const { wanted: to, cause } = assessment;
  const { placed: from } = facts;
  if (cause?.kind !== "failback" || from.kind !== "sites" || to.kind !== "sites") return assessment;
  return { ...assessment, wanted: mixed(from, to, percent), ramp: { from, to, percent } };
}

/** Brakes yield to it: most of the traffic is where it goes back to. */
function stop({ health }: Candidate, { from }: Ramp): Assessment {
  const { site, target, kind, because } = health;
  return {
    situation: "failback-stopped",
    wanted: from,
    cause: kind === "down" ? { kind: "evacuate", site } : { kind: "leave-degraded", site },
    because: `${target} is ${kind} (${because}) while traffic goes home; back to ${formatPlacement(from)}`,
    isEvacuation: true,
  };
}

const isBad = ({ health: { kind, because } }: Candidate): boolean => kind === "degraded" && !isAlarmOnly(because);

const candidatesAt = ({ candidates }: PolicyFacts, sites: readonly string[]): readonly Candidate[] =>
  candidates.filter(({ health }) => sites.includes(health.site));
