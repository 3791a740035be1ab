import type { InvariantId } from "./invariants.ts";

/** What the checkers found, counted: plain data, so that it can travel between threads. */
export type Findings = {
  readonly exercised: Record<string, number>;
  readonly sometimes: Record<string, number>;
  readonly violations: { readonly id: string; readonly atMs: number; readonly sentence: string }[];
};

export interface Tallies {
  readonly findings: Findings;
  exercise(id: InvariantId): void;
  violate(id: InvariantId | "crash", sentence: string): void;
  /** Holds or is a violation; either way it was exercised. */
  demand(id: InvariantId, holds: boolean, sentence: () => string): void;
  sometimes(what: string): void;
}

const violationsMax = 20;

export function makeTallies(now: () => number, say: (sentence: () => string) => void): Tallies {
  const findings: Findings = { exercised: {}, sometimes: {}, violations: [] };
  const exercise = (id: InvariantId): void => {
    findings.exercised[id] = (findings.exercised[id] ?? 0) + 1;
  };
  const violate = (id: string, sentence: string): void => {
    say(() => `!!! ${id} violated: ${sentence}`);
    if (findings.violations.length < violationsMax) findings.violations.push({ id, atMs: now(), sentence });
  };
  return {
    findings,
    exercise,
    violate,
    demand(id, holds, sentence) {
      exercise(id);
      if (!holds) violate(id, sentence());
    },
    sometimes(what) {
      findings.sometimes[what] = (findings.sometimes[what] ?? 0) + 1;
    },
  };
}
