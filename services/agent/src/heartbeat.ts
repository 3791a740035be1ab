import type { Clock } from "@sluice/ports";

const everyMs = 100;
/** A prober that was kept from running for this long sees time-outs everywhere. Unit: milliseconds. */
export const stallMaxMs = 200;

/**
 * Notices when the event loop, or the whole process, stood still, by monotonic time. Closely while looks are under way, since those
 * are what a stall falsifies; in between by how late the next of them begins. A timer all the time would wake an idle agent as often
 * as everything else does together.
 */
export interface Heartbeat {
  /** Watches while this goes on; a stall is told before its outcome is. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** Something that was due at that time begins now. */
  wasDue(at: number): void;
}

export function makeHeartbeat(clock: Clock, onStall: (stalledMs: number) => void): Heartbeat {
  let underWay = 0;
  let timer: NodeJS.Timeout | undefined;
  let nextAt = 0;
  let noticedAt = Number.NEGATIVE_INFINITY;

  function wasDue(at: number): void {
    const now = clock.monotonicMs();
    // Whatever was due before a stall was noticed is late by that same stall.
    if (now - at <= stallMaxMs || at < noticedAt) return;
    noticedAt = now;
    onStall(now - at);
  }

  function beat(): void {
    wasDue(nextAt);
    nextAt = clock.monotonicMs() + everyMs;
  }

  function begin(): void {
    nextAt = clock.monotonicMs() + everyMs;
    timer = setInterval(beat, everyMs);
  }

  return {
    async during(work) {
      if (underWay === 0) begin();
      underWay += 1;
      try {
        return await work();
      } finally {
        wasDue(nextAt);
        underWay -= 1;
        if (underWay === 0) clearInterval(timer);
      }
    },
    wasDue,
  };
}
