import type { Opinion } from "@sluice/core";
import type { SimArbiter } from "./arbiter.ts";
import type { Eye } from "./eye.ts";
import { downNumber, opinions } from "./health-table.ts";
import { indexOfLeast } from "./least.ts";
import type { Mail } from "./mail.ts";

/** What the agents tell the arbiter: each interval, and at once when there is news. */
export interface Reports {
  /** Whose turn is next, and when. */
  nextAgent(): number;
  nextAt(agent: number): number;
  /** One agent reports now; true when a vote of it changed. */
  tell(agent: number, now: number): boolean;
  readonly downs: readonly number[];
}

type ReportsOptions = {
  readonly eyes: readonly Eye[];
  readonly startAt: Float64Array;
  readonly targets: number;
  readonly intervalMs: number;
  readonly mail: Mail;
  readonly arbiter: SimArbiter;
};

export function makeReports(options: ReportsOptions): Reports {
  const { eyes, targets, mail, arbiter } = options;
  const reportAt = Float64Array.from(options.startAt);
  // What each agent said in its last report: only a target that it didn't suspect then is passed on as suspected.
  const toldSuspects = new Uint32Array(reportAt.length);
  const toldOpinions = new Uint8Array(eyes.length).fill(opinions.indexOf("unknown"));
  const downs = Array.from(reportAt, () => 0);

  function suspectsOf(agent: number): number {
    let suspects = 0;
    for (let target = 0; target < targets; target += 1) {
      if ((eyes[agent * targets + target] as Eye).isSuspect()) suspects |= 1 << target;
    }
    return suspects;
  }

  /** Notes what the agent's opinions are now; true when one is another than it told. */
  function haveTurned(agent: number): boolean {
    let isTurned = false;
    for (let pair = agent * targets; pair < (agent + 1) * targets; pair += 1) {
      const opinion = (eyes[pair] as Eye).opinion();
      if (opinion === toldOpinions[pair]) continue;
      if (opinion === downNumber) downs[agent] = (downs[agent] ?? 0) + 1;
      toldOpinions[pair] = opinion;
      isTurned = true;
    }
    return isTurned;
  }

  return {
    nextAgent: () => indexOfLeast(reportAt),
    nextAt: (agent) => reportAt[agent] as number,
    tell(agent, now) {
      reportAt[agent] = now + options.intervalMs;
      const suspects = suspectsOf(agent);
      const fresh = suspects & ~(toldSuspects[agent] as number);
      toldSuspects[agent] = suspects;
      if (fresh !== 0) mail.post(agent, fresh, now);
      if (!haveTurned(agent)) return false;
      const told = toldOpinions.subarray(agent * targets, (agent + 1) * targets);
      arbiter.report(
        agent,
        Array.from(told, (number) => opinions[number] as Opinion),
      );
      return true;
    },
    downs,
  };
}
