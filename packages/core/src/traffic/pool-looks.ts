import type { MonoMs } from "../model.ts";
import type { PoolEvidence } from "./pool-health.ts";
import type { PoolLook } from "./report.ts";

/** What the site's agent last said of its synthetic looks at one pool. */
export interface PoolLooks {
  see(look: PoolLook, now: MonoMs): void;
  now(now: MonoMs): PoolEvidence["looks"];
  /** Looks that failed in a row, by a fresh word; else 0. */
  failedInRow(now: MonoMs): number;
}

/** Good looks in a row that prove a pool is back. */
const goodMin = 5;
/** Agents speak once an interval, a second by default; what is older than this is no word at all. */
const freshMs = 15_000;

export function makePoolLooks(): PoolLooks {
  let last: PoolLook | undefined;
  let seenAt = -Infinity;
  const fresh = (now: MonoMs): PoolLook | undefined => (now - seenAt <= freshMs ? last : undefined);
  return {
    see(look, now) {
      last = look;
      seenAt = now;
    },
    now(now) {
      const look = fresh(now);
      if (look === undefined) return "none";
      return look.failedInRow === 0 && look.goodInRow >= goodMin ? "good" : "short";
    },
    failedInRow: (now) => fresh(now)?.failedInRow ?? 0,
  };
}
