import type { Config, Found } from "@sluice/core";
import type { ArbiterContext } from "./context.ts";

type Settling = Pick<ArbiterContext, "clock" | "keeper" | "leadership" | "journal" | "failsafe" | "desk" | "name"> & {
  /** Asks everybody else what they hold. */
  readonly findServed: (config: Config) => Promise<readonly Found[]>;
};

const settleEveryMs = 2_000;

/**
 * Before a new leader's first write: what was done in failsafe comes into the store; and what is served out there, is it newer
 * than the store? False while that is open.
 */
export function makeSettling(parts: Settling): (epoch: number) => Promise<boolean> {
  let askedAt: number | undefined;
  let told = "";
  let settledTerm = 0;
  return async (epoch) => {
    const now = parts.clock.monotonicMs();
    if (askedAt !== undefined && now - askedAt < settleEveryMs) return false;
    await parts.keeper.refresh();
    if (!(await parts.failsafe.run(epoch, parts.keeper.durable()))) return false;
    await parts.keeper.refresh();
    const { config } = parts.keeper.durable();
    const own = parts.desk.current();
    const found = [
      ...(await parts.findServed(config)),
      ...parts.failsafe.found(),
      ...(own ? [{ from: parts.name, snapshot: own.snapshot }] : []),
    ];
    const adopted = parts.keeper.adopt(found);
    if (adopted.kind === "diverged") {
      // An operator must choose; until then it looks again now and then, and says it once.
      askedAt = now;
      if (told !== adopted.event.detail) parts.journal.note([adopted.event]);
      told = adopted.event.detail;
      return false;
    }
    if (adopted.kind === "adopted") parts.journal.note([adopted.event]);
    const highest = parts.keeper.durable().snapshot?.fence.epoch ?? 0;
    // A store that lost its past may give out an epoch that served before, and then only our own term's was never another's.
    const isOurs = adopted.kind === "kept" && highest === epoch && parts.leadership.terms() === settledTerm;
    settledTerm = parts.leadership.terms();
    return highest < epoch || isOurs || (await parts.leadership.raise(highest));
  };
}
