import type { Cause } from "../cause.ts";
import type { ServiceConfig } from "../config.ts";
import type { Placement } from "../placement.ts";
import type { Ramp } from "../ramp.ts";
import { type Candidate, rankOf } from "../rank.ts";
import type { SituationKind } from "../situation.ts";

/** What a policy is told: facts, and nothing that it would have to ask for. */
export type PolicyFacts = {
  readonly service: ServiceConfig;
  /** Where the traffic is, as far as automation has a say: the base, or what is served in its stead. */
  readonly placed: Placement;
  /** Every site of the policy in order of preference. */
  readonly candidates: readonly Candidate[];
  /** An operator put it there, so taking it home is the operator's affair too. */
  readonly isOperatorsChoice: boolean;
};

/** The situation by its name, and the placement that answers it. `wanted` equal to what is placed means: stay. */
export type Assessment = {
  readonly situation: SituationKind;
  readonly wanted: Placement;
  readonly cause?: Cause;
  readonly because: string;
  /** True when a site the quorum calls `down` is left: brakes yield to that. */
  readonly isEvacuation: boolean;
  /** The ramp that `wanted` is a step of. */
  readonly ramp?: Omit<Ramp, "since">;
  /** Part of a move that has begun: brakes on a new one don't hold it. */
  readonly isStep?: true;
};

export const stay = (placed: Placement, situation: SituationKind, because: string): Assessment => ({
  situation,
  wanted: placed,
  because,
  isEvacuation: false,
});

/**
 * Whether automation may give a site its traffic back now. `auto-after` counts unbroken health, for longer if the site was left
 * again and again, and never undoes an operator.
 */
export const mayFailBack = (facts: PolicyFacts, candidate: Candidate): boolean =>
  facts.service.failback.kind === "auto-after" &&
  !facts.isOperatorsChoice &&
  rankOf(candidate) === "healthy" &&
  candidate.hasTripped !== true &&
  candidate.health.healthyForMs >= (candidate.failbackHoldMs ?? facts.service.failback.afterMs);
