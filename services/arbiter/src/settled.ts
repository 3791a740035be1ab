import type { Leadership } from "./leadership.ts";

/** Whether the epoch that is held has settled: what is served has been asked for, and adopted where it was newer. */
export interface Settled {
  is(): boolean;
  forget(): void;
  /** Settles the epoch held, which may be raised by it. Answers the one to write under. */
  settle(epoch: number): Promise<number | undefined>;
}

export function makeSettled(
  leadership: Pick<Leadership, "held" | "terms">,
  settle: (epoch: number) => Promise<boolean>,
): Settled {
  /** By term too: a store that lost its past gives the same epoch out again. */
  let settled: { readonly epoch: number; readonly term: number } | undefined;
  return {
    is: () =>
      settled !== undefined && settled.epoch === leadership.held()?.epoch && settled.term === leadership.terms(),
    forget() {
      settled = undefined;
    },
    async settle(epoch) {
      const term = leadership.terms();
      if (!(await settle(epoch)) || leadership.terms() !== term) return undefined;
      const held = leadership.held();
      settled = held && { epoch: held.epoch, term };
      return held?.epoch;
    },
  };
}
