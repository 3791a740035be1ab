import type { MonoMs } from "./model.ts";

/**
 * The store may die with the very site that it should be rescued from. A leader that has lost it goes on with promises of a
 * majority of all configured arbiters, itself included: "I can't reach it either, I know no newer epoch, and I won't acquire for
 * 10 s". The leader counts from when it asked and stops at 8 s, as with a lease; each promiser counts from when it promised, on
 * its own monotonic clock.
 */
export type PromiseAsk = {
  readonly leader: string;
  readonly epoch: number;
  /** Grows with each time that this leader asks under this epoch, so that an ask heard twice is told from a new one. */
  readonly number: number;
};

/** What an arbiter has promised. It is on disk before anybody hears of it. */
export type Promised = PromiseAsk & { readonly until: MonoMs };

export const promiseTiming = {
  /** A leader begins to ask when its last good renewal is so old: a slow answer of the store is none lost. */
  askAfterMs: 4_000,
  askEveryMs: 2_500,
  /** A store that has not answered an arbiter for so long can't be reached by it. */
  silentMs: 2_000,
  /** Longer than a leader writes (`writeForMs` of the lease), by as much as two clocks' rates may differ in that time. */
  heldMs: 10_000,
} as const;

/** What an arbiter knows when it is asked. */
export type PromiserFacts = {
  readonly isLeading: boolean;
  /** It has asked the store for the lease and doesn't know yet what came of it. */
  readonly isBidding: boolean;
  /** Since the store last answered it, or since it started. Unit: milliseconds. */
  readonly storeSilentMs: number;
  /** The highest epoch it has seen anywhere. */
  readonly epoch: number;
  /** The last lease row it has seen. */
  readonly seen: { readonly holder: string; readonly epoch: number } | undefined;
  readonly promised: Promised | undefined;
};

export type WhyNotPromise =
  | "it leads"
  | "it is asking for the lease"
  | "it reaches the store"
  | "it knows a newer epoch"
  | "another arbiter held that epoch"
  | "it has heard this before";

/** Why an arbiter can't promise; undefined when it can. */
export function whyNotPromise(facts: PromiserFacts, ask: PromiseAsk): WhyNotPromise | undefined {
  if (facts.epoch > ask.epoch) return "it knows a newer epoch";
  if (facts.isLeading) return "it leads";
  if (facts.isBidding) return "it is asking for the lease";
  if (facts.storeSilentMs < promiseTiming.silentMs) return "it reaches the store";
  if (facts.seen?.epoch === ask.epoch && facts.seen.holder !== ask.leader) return "another arbiter held that epoch";
  const { promised } = facts;
  if (promised?.epoch === ask.epoch && ask.number <= promised.number) return "it has heard this before";
  return undefined;
}

/** Whether a promise still binds. */
export const binds = (promised: Promised | undefined, now: MonoMs): promised is Promised =>
  promised !== undefined && now < promised.until;

/**
 * Why a promiser doesn't keep an entry of a leader's journal. After the promise has lapsed another arbiter may lead, and a leader
 * that was paused in between must not get its decision applied.
 */
export function whyNotKeep(
  entry: { readonly leader: string; readonly epoch: number },
  promised: Promised | undefined,
  now: MonoMs,
): "it has promised that leader nothing" | undefined {
  const isPromised = binds(promised, now) && promised.leader === entry.leader && promised.epoch === entry.epoch;
  return isPromised ? undefined : "it has promised that leader nothing";
}
