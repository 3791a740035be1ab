/** The words of the core that the suite shares with every plane, whether or not that plane is ours. */
export type { PoolTraffic, RequestOutcome, VariantRule } from "@sluice/core";
