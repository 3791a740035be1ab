import type { Braked } from "./brake.ts";
import type { Config, ServiceConfig } from "./config.ts";
import type { SiteName } from "./model.ts";
import { majority } from "./quorum.ts";
import { rtoBudget } from "./rto.ts";
import type { CountedVote } from "./vote.ts";

/*
 * Two sites that fail one after the other are seen to fail one after the other. A leader that leaves the first at once would go
 * to the second while every vantage has just begun to see that fail too. So it waits for what the next looks say, and no longer:
 * a good look ends a suspicion at once, and so many bad ones make it `down`.
 */

/** Whether a majority of the configured domains has begun to see a target fail, or sees it down. As for `down`, all fresh agents of a domain must. */
export function isSuspected(votes: readonly CountedVote[], electorate: readonly SiteName[]): boolean {
  if (!votes.some(({ suspect }) => suspect === true)) return false;
  const doubting = electorate.filter((domain) => {
    const own = votes.filter((vote) => vote.domain === domain && vote.opinion !== "unknown");
    return own.length > 0 && own.every(({ opinion, suspect }) => suspect === true || opinion === "down");
  });
  return doubting.length >= majority(electorate.length);
}

/** For what becomes of a suspicion to be reported and counted. Unit: milliseconds. */
const toldMs = 500;

/**
 * How long a suspicion may hold a move: (fall − 1) × interval / 4 + deadline + 500 ms, in which the quickened looks make it down,
 * and never more than what the service's objective leaves. By default 2,250 ms. Unit: milliseconds.
 */
export function suspicionMs(config: Config, service: ServiceConfig): number {
  const { intervalMs, deadlineMs, fall } = config.probes;
  const { objectiveMs, promisedMs } = rtoBudget(config, service);
  return Math.max(0, Math.min(((fall - 1) * intervalMs) / 4 + deadlineMs + toldMs, objectiveMs - promisedMs));
}

/** The brake on going where everybody has just begun to see failures. `forMs` is how long they have; undefined: they don't. */
export function whyNotSuspected(site: SiteName, forMs: number | undefined, heldMs: number): Braked | undefined {
  const leftMs = forMs === undefined ? 0 : heldMs - forMs;
  if (leftMs <= 0) return undefined;
  const because = `${site} has just begun to fail too; whether it is down is known within ${Math.ceil(leftMs / 100) / 10} s`;
  return { rule: "suspected", because, leftMs };
}
