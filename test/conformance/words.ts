/** The words of the core that the suite shares with every plane, whether or not that plane is ours. */

export type { VariantRule } from "../../packages/core/src/route/route.ts";
export type { Outcome } from "../../packages/core/src/traffic/outcome.ts";
export type { PoolTraffic, TrafficState } from "../../packages/core/src/traffic/report.ts";
