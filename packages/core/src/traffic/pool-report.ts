import type { TargetKey } from "../target.ts";
import type { Judgement } from "./failure-rate.ts";
import { percent } from "./percent.ts";
import { type PoolHealth, ramp } from "./pool-health.ts";
import type { PoolTraffic, TrafficState } from "./report.ts";

const becauseMax = 200;

type Judgements = { readonly judgement: Judgement; readonly slowness: Judgement };

/** What a gateway tells of a pool. */
export function reportOf(target: TargetKey, health: PoolHealth, judgements: Judgements): PoolTraffic {
  return { target, state: stateOf(health, judgements), because: becauseOf(health, judgements).slice(0, becauseMax) };
}

/**
 * Times to first byte that are too few aren't held against a pool: it needs a minute of steady traffic, and failures are
 * judged long before. The sentence says so, and the synthetic looks measure.
 */
function stateOf(health: PoolHealth, { judgement }: Judgements): TrafficState {
  switch (health.kind) {
    case "healthy":
      return judgement.kind === "insufficient-data" ? "insufficient-data" : "healthy";
    case "suspect":
      return "suspect";
    case "tripped":
    case "probing":
      return "tripped";
    case "recovering":
      return "recovering";
    default:
      return health satisfies never;
  }
}

function becauseOf(health: PoolHealth, { judgement, slowness }: Judgements): string {
  switch (health.kind) {
    case "healthy":
      return judgement.kind === "insufficient-data" ? judgement.because : `${judgement.because}; ${slowness.because}`;
    case "suspect":
      return health.because;
    case "tripped":
      return `${health.because}; held for ${health.holdMs / 1_000} s`;
    case "probing":
      return `${health.because}; the hold is over, good looks are awaited`;
    case "recovering":
      return `${percent(ramp[health.step] ?? 0)} of its users are back; it had tripped: ${health.because}`;
    default:
      return health satisfies never;
  }
}
