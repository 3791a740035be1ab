import type { Cause } from "./cause.ts";
import type { EpochMs, ServiceName } from "./model.ts";
import type { Placement } from "./placement.ts";
import type { SituationKind } from "./situation.ts";

/** One change of one service's placement: what, why, and on whose word. It is kept for ever. */
export type Decision = {
  /** The decision's number, the sequence of its fence. */
  readonly sequence: number;
  readonly at: EpochMs;
  readonly service: ServiceName;
  readonly situation: SituationKind;
  readonly from: Placement;
  readonly to: Placement;
  readonly cause: Cause;
  /** A sentence for operators: logs, API, console and tests show it. */
  readonly because: string;
};
