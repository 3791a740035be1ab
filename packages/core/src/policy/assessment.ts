import type { Cause } from "../cause.ts";
import type { ServiceConfig } from "../config.ts";
import type { EpochMs, SiteName } from "../model.ts";
import type { Placement } from "../placement.ts";
import type { Candidate } from "../rank.ts";
import type { SituationKind } from "../situation.ts";

/** What a policy is told: facts, and nothing that it would have to ask for. */
export type PolicyFacts = {
  readonly service: ServiceConfig;
  readonly base: Placement;
  /** Every site of the policy in order of preference. */
  readonly candidates: readonly Candidate[];
  /** Since when each site has been healthy without a break, if it is. */
  readonly healthySince: Readonly<Record<SiteName, EpochMs>>;
  readonly now: EpochMs;
};

/** The situation by its name, and the placement that answers it. `wanted` equal to the base means: stay. */
export type Assessment = {
  readonly situation: SituationKind;
  readonly wanted: Placement;
  readonly cause?: Cause;
  readonly because: string;
  /** True when a site the quorum calls `down` is left: brakes yield to that. */
  readonly isEvacuation: boolean;
};

export const stay = (base: Placement, situation: SituationKind, because: string): Assessment => ({
  situation,
  wanted: base,
  because,
  isEvacuation: false,
});
