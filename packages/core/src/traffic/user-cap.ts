import type { MonoMs } from "../model.ts";

const samplesMax = 3;
const spanMs = 60_000;
const cells = 4_096;

/**
 * How much one user may say about a pool's latency: three samples a minute, so six in any window of 60 s at most. That
 * many of 59 may lie anywhere without moving the lower bound of p95 (`aboveMax(59)` is 6): one tenant with huge prompts
 * can't make a pool look slow. With fewer than twenty users a minute there is no verdict, rightly, as any of them is 5
 * % of the traffic.
 *
 * 4 KiB. Users whose hashes share a cell share its three; requests without a user aren't capped.
 */
export interface UserCap {
  allows(userHash: number | undefined, now: MonoMs): boolean;
}

export function makeUserCap(): UserCap {
  const counts = new Uint8Array(cells);
  let span = -1;
  return {
    allows(userHash, now) {
      if (userHash === undefined) return true;
      const current = Math.floor(now / spanMs);
      if (current !== span) {
        counts.fill(0);
        span = current;
      }
      const cell = userHash % cells;
      const count = counts[cell] ?? samplesMax;
      if (count >= samplesMax) return false;
      counts[cell] = count + 1;
      return true;
    },
  };
}
