import type { EpochMs, MonoMs } from "@sluice/core";

/** Time as the shell sees it. The core is handed the numbers and never asks. */
export interface Clock {
  /** To measure: never steps back, doesn't count a suspended machine. */
  monotonicMs(): MonoMs;
  /** To date things: may step either way. */
  wallMs(): EpochMs;
}
