import { findServed } from "./adoption.ts";
import type { ArbiterContext } from "./context.ts";
import type { ArbiterOptions } from "./start-arbiter.ts";

type Settling = Pick<ArbiterContext, "keeper" | "leadership" | "journal" | "signal">;

const settleEveryMs = 2_000;

/** Before a new leader's first write: what is served out there, and is it newer than the store? False while that is open. */
export function makeSettling(options: ArbiterOptions, parts: Settling): (epoch: number) => Promise<boolean> {
  const { name, keyring, logger, clock } = options;
  let askedAt: number | undefined;
  let told = "";
  return async (epoch) => {
    const now = clock.monotonicMs();
    if (askedAt !== undefined && now - askedAt < settleEveryMs) return false;
    await parts.keeper.refresh();
    const { config } = parts.keeper.durable();
    const found = await findServed({ name, keyring, token: options.tokens.node, logger }, config, parts.signal);
    const adopted = parts.keeper.adopt(found);
    if (adopted.kind === "kept") return true;
    if (adopted.kind === "diverged") {
      // An operator must choose; until then it looks again now and then, and says it once.
      askedAt = now;
      if (told !== adopted.event.detail) parts.journal.note([adopted.event]);
      told = adopted.event.detail;
      return false;
    }
    parts.journal.note([adopted.event]);
    return adopted.epoch < epoch || (await parts.leadership.raise(adopted.epoch));
  };
}
