import type { Config, Found } from "@sluice/core";
import type { ArbiterContext } from "./context.ts";
import type { KeyWatch } from "./key-watch.ts";

type Settling = Pick<ArbiterContext, "clock" | "keeper" | "leadership" | "journal"> & {
  /** Asks everybody else what they hold. */
  readonly findServed: (config: Config) => Promise<readonly Found[]>;
  readonly keys: KeyWatch;
};

const settleEveryMs = 2_000;

/** Before a new leader's first write: what is served out there, and is it newer than the store? False while that is open. */
export function makeSettling(parts: Settling): (epoch: number) => Promise<boolean> {
  let askedAt: number | undefined;
  let told = "";
  return async (epoch) => {
    const now = parts.clock.monotonicMs();
    if (askedAt !== undefined && now - askedAt < settleEveryMs) return false;
    await parts.keeper.refresh();
    const { config } = parts.keeper.durable();
    const found = await parts.findServed(config);
    const adopted = parts.keeper.adopt(found.filter(({ isRevoked }) => !isRevoked));
    const above = parts.keys.standsInTheWay(found, epoch);
    if (adopted.kind === "kept" && above !== undefined) return parts.leadership.raise(above);
    if (adopted.kind === "kept") return true;
    if (adopted.kind === "diverged") {
      // An operator must choose; until then it looks again now and then, and says it once.
      askedAt = now;
      if (told !== adopted.event.detail) parts.journal.note([adopted.event]);
      told = adopted.event.detail;
      return false;
    }
    parts.journal.note([adopted.event]);
    const highest = Math.max(adopted.epoch, above ?? 0);
    return highest < epoch || (await parts.leadership.raise(highest));
  };
}
