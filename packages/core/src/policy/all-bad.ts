import type { ServiceConfig } from "../config.ts";
import { policySites } from "../config.ts";
import { type Placement, samePlacement } from "../placement.ts";
import { type Assessment, stay } from "./assessment.ts";

/**
 * What to answer when nothing ranks. There is no answer-nothing mode: resolvers cache a negative answer, and that outlives
 * the outage (RFC 2308 §5).
 */
export function assessAllBad(service: ServiceConfig, placed: Placement): Assessment {
  const wanted = allBadPlacement(service, placed);
  const because = `no site of ${service.name} is fit to serve (${service.allBad.kind})`;
  if (samePlacement(wanted, placed)) return stay(placed, "everything-down", because);
  return {
    situation: "everything-down",
    wanted,
    cause: { kind: "all-bad", service: service.name },
    because,
    isEvacuation: true,
  };
}

function allBadPlacement(service: ServiceConfig, placed: Placement): Placement {
  switch (service.allBad.kind) {
    case "lastKnownGood":
      return placed;
    case "failOpen":
      return { kind: "open", sites: policySites(service.policy) };
    case "sorry":
      return { kind: "sorry" };
    default:
      return service.allBad satisfies never;
  }
}
