import type { SelfCheck } from "@sluice/core";

/**
 * Whether the agent trusts its own eyes. Pure: the shell feeds it what happened, in monotonic milliseconds.
 *
 *   no first looks yet                                          abstain  starting
 *   event loop stalled within the last interval                 abstain  stalled
 *   something fails, and no check begun since it began came out  abstain  cut-off
 *   the last check reached nobody                               abstain  cut-off
 */
export type Eyes = {
  readonly firstLooksIn: boolean;
  readonly stalledAt?: number;
  /** When the last check that reached a peer or anchor began. */
  readonly reachedBeganAt?: number;
  /** When the last check that reached nobody began. */
  readonly missedBeganAt?: number;
};

export const newEyes: Eyes = { firstLooksIn: false };

/** `failingSince`: when the latest streak behind a `down` opinion began; undefined when nothing is voted down. */
export function judgeEyes(eyes: Eyes, at: { now: number; intervalMs: number; failingSince?: number }): SelfCheck {
  if (!eyes.firstLooksIn) return { kind: "abstain", because: "starting" };
  if (eyes.stalledAt !== undefined && at.now - eyes.stalledAt < at.intervalMs) {
    return { kind: "abstain", because: "stalled" };
  }
  const reached = eyes.reachedBeganAt ?? Number.NEGATIVE_INFINITY;
  const missed = eyes.missedBeganAt ?? Number.NEGATIVE_INFINITY;
  const unproven = at.failingSince !== undefined && reached < at.failingSince;
  return unproven || missed > reached ? { kind: "abstain", because: "cut-off" } : { kind: "ok" };
}

/** A check that began at `beganAt` ended. Checks may end out of order; only the latest beginning counts. */
export function checkEnded(eyes: Eyes, beganAt: number, reached: boolean): Eyes {
  const key = reached ? "reachedBeganAt" : "missedBeganAt";
  return { ...eyes, [key]: Math.max(eyes[key] ?? beganAt, beganAt) };
}
