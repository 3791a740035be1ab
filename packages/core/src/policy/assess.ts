import type { Assessment, PolicyFacts } from "./assessment.ts";
import { assessFailover } from "./failover.ts";
import { assessWeighted } from "./weighted.ts";

/** What the service's policy makes of the facts. */
export const assessPolicy = (facts: PolicyFacts): Assessment =>
  facts.service.policy.kind === "failover" ? assessFailover(facts) : assessWeighted(facts);
