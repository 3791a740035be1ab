import type { AgentName } from "../model.ts";
import type { TargetKey } from "../target.ts";

/** What a gateway holds of one pool of its own site, from the requests it passed on. It travels to the site's agent, and in its votes. */
export type PoolTraffic = {
  /** Always a pool: `pool:chat/stable@site-a`. */
  readonly target: TargetKey;
  readonly state: TrafficState;
  /** A sentence with the numbers that decided it, for operators. Bounded to 200 characters. */
  readonly because: string;
};

/**
 * `insufficient-data`: too few requests for the statistics, which is never called healthy. `suspect`: one bad evaluation, nothing
 * changes yet. `tripped`: the gateway sends its requests elsewhere; it stays so without traffic, since no traffic is no recovery.
 * `recovering`: a growing share of its users is back.
 */
export const trafficStates = ["healthy", "insufficient-data", "suspect", "tripped", "recovering"] as const;
export type TrafficState = (typeof trafficStates)[number];

/** What an agent holds of a pool of its own site, as it tells the site's gateway: the synthetic looks. */
export type PoolLook = {
  readonly target: TargetKey;
  /** Good looks in a row, and failed ones in a row; one of them is 0. */
  readonly goodInRow: number;
  readonly failedInRow: number;
};

/** What an agent sends to each gateway of its site once an interval: `POST {gateway}/v1/traffic`, with the node's token. */
export type TrafficAsk = {
  readonly agent: AgentName;
  /** Of the site's own pools. Empty while the agent doesn't trust its eyes. */
  readonly looks: readonly PoolLook[];
};

/** What the gateway answers: all that it holds of the pools of its own site. */
export type TrafficReply = { readonly gateway: string; readonly pools: readonly PoolTraffic[] };
