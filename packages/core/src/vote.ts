import type { AgentName, EpochMs, Opinion, SiteName } from "./model.ts";
import type { TargetKey } from "./target.ts";
import type { Traffic } from "./traffic/combine-traffic.ts";

/** One agent's opinion of one target, as it travels in a report. */
export type Vote = {
  readonly target: TargetKey;
  readonly opinion: Opinion;
  /** A healthy target has begun to fail here: the others should take one look at once. */
  readonly suspect: boolean;
  /** When the present streak of failures began, by the agent's wall clock. For timelines only, never for freshness. */
  readonly failingSince?: EpochMs;
  /** What the last failed look met: `connect ECONNREFUSED`. Bounded to 200 characters. */
  readonly detail?: string;
  /** What the gateways of the agent's own site say of a pool there. Absent: they said nothing lately, or it isn't theirs. */
  readonly traffic?: Traffic;
};

/** What an agent sends to one arbiter. It is signed as a whole with the agent's Ed25519 key. */
export type Report = {
  readonly agent: AgentName;
  /** The arbiter it was made for: a report is no use to another. */
  readonly arbiter: string;
  /** From that arbiter's last reply. Freshness counts from when the arbiter issued it. Empty on first contact. */
  readonly nonce: string;
  /** Random per start of the agent. */
  readonly bootId: string;
  /** Grows with each report of one boot. */
  readonly seq: number;
  readonly configRevision: number;
  readonly selfCheck: SelfCheck;
  /** All of them; with `since` only those that have changed since that one of this boot's reports, which the arbiter says it holds. */
  readonly votes: readonly Vote[];
  readonly since?: number;
};

/** Whether the agent trusts its own eyes. A starved or cut-off prober sees everything down, so it abstains. */
export type SelfCheck =
  | { readonly kind: "ok" }
  | { readonly kind: "abstain"; readonly because: "cut-off" | "stalled" | "starting" };

/** A vote as the tally takes it: fresh, of the right revision, of an agent that trusts itself; else its opinion is unknown. */
export type CountedVote = {
  readonly agent: AgentName;
  readonly domain: SiteName;
  readonly target: TargetKey;
  readonly opinion: Opinion;
  /** The agent has begun to see it fail. */
  readonly suspect?: true;
  /** As the agent said it; the tally takes it only from the pool's own site. */
  readonly traffic?: Traffic;
};
