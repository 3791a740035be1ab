import type { AgentName, TargetKey } from "@sluice/core";
import { sleep } from "@sluice/runtime";

/**
 * One agent's suspicion, passed to the others so that they take one look at once. Only the last few are kept: a suspicion
 * is worth something for a second, and agents look anyway.
 */
export interface SuspicionBoard {
  /** The targets that an agent has begun to suspect. */
  post(agent: AgentName, targets: readonly TargetKey[]): void;
  /** What others suspected since `after`; waits up to `waitMs` for something. */
  read(
    agent: AgentName,
    at: { readonly after: number; readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<SuspicionNews>;
}

export type SuspicionNews = { readonly cursor: number; readonly targets: readonly TargetKey[] };

const keptMax = 256;

export function makeSuspicionBoard(): SuspicionBoard {
  let posted: { readonly cursor: number; readonly agent: AgentName; readonly target: TargetKey }[] = [];
  let cursor = 1;
  const waiters = new Set<() => void>();
  const news = (agent: AgentName, after: number): SuspicionNews => ({
    cursor,
    targets: [
      ...new Set(posted.filter((entry) => entry.cursor > after && entry.agent !== agent).map((entry) => entry.target)),
    ],
  });
  return {
    post(agent, targets) {
      if (targets.length === 0) return;
      for (const target of targets) {
        cursor += 1;
        posted.push({ cursor, agent, target });
      }
      posted = posted.slice(-keptMax);
      for (const wake of waiters) wake();
    },
    async read(agent, at) {
      if (at.after === 0) return { cursor, targets: [] };
      const now = news(agent, at.after);
      if (now.targets.length > 0 || at.waitMs === 0) return now;
      await wait(waiters, at);
      return news(agent, at.after);
    },
  };
}

/** Waits until somebody wakes the waiters, or for `waitMs`, or until the signal aborts. Never throws. */
export async function wait(
  waiters: Set<() => void>,
  at: { readonly waitMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const woken = new AbortController();
  const wake = (): void => woken.abort();
  waiters.add(wake);
  try {
    await sleep(at.waitMs, AbortSignal.any([at.signal, woken.signal]));
  } finally {
    waiters.delete(wake);
  }
}
