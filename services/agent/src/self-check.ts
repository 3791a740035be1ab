import type { SelfCheck } from "@sluice/core";

/**
 * Whether the agent trusts its own eyes. Pure: the shell feeds it what happened, in monotonic milliseconds.
 *
 *   no first looks yet, or none since it was cut off             abstain  starting
 *   event loop stalled within the last interval                  abstain  stalled
 *   something is down, and no check begun since it began to fail
 *   reached anybody                                              abstain  cut-off
 *   the last check reached nobody                                abstain  cut-off
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
  if (isCutOff(eyes)) return { kind: "abstain", because: "cut-off" };
  if (!eyes.firstLooksIn) return { kind: "abstain", because: "starting" };
  if (eyes.stalledAt !== undefined && at.now - eyes.stalledAt < at.intervalMs) {
    return { kind: "abstain", because: "stalled" };
  }
  const reached = eyes.reachedBeganAt ?? Number.NEGATIVE_INFINITY;
  const unproven = at.failingSince !== undefined && reached < at.failingSince;
  return unproven ? { kind: "abstain", because: "cut-off" } : { kind: "ok" };
}

/** The last check reached nobody. */
export const isCutOff = (eyes: Eyes): boolean =>
  (eyes.missedBeganAt ?? Number.NEGATIVE_INFINITY) > (eyes.reachedBeganAt ?? Number.NEGATIVE_INFINITY);

/**
 * A check that began at `beganAt` ended. Checks may end out of order; only the latest beginning counts. An agent that was cut
 * off starts anew when it reaches somebody: what it saw meanwhile would else be voted, now that it trusts its eyes again.
 */
export function checkEnded(eyes: Eyes, beganAt: number, reached: boolean): Eyes {
  const key = reached ? "reachedBeganAt" : "missedBeganAt";
  const next = { ...eyes, [key]: Math.max(eyes[key] ?? beganAt, beganAt) };
  return isCutOff(eyes) && !isCutOff(next) ? { ...next, firstLooksIn: false } : next;
}
