import type { ArbiterContext } from "../context.ts";

/** An arbiter that led in failsafe may come back only after somebody else has settled. Unit: milliseconds. */
const lookEveryMs = 10_000;

type Parts = Pick<ArbiterContext, "clock" | "failsafe" | "keeper" | "leadership" | "loop">;

/**
 * What is kept of failsafe, once the store is back: a leader asks now and then whether anybody keeps decisions that the store has
 * not, and then settles anew; everybody lets go of what it has. In a turn of its own, since entries are long and can be many:
 * neither a renewal nor a bid waits for them.
 */
export function makeLateTurn({ clock, failsafe, keeper, leadership, loop }: Parts): () => Promise<void> {
  let lookedAt: number | undefined;
  return async () => {
    if (!leadership.held()) return failsafe.tidy();
    // Who hasn't settled yet will ask everybody anyway.
    if (leadership.isFailsafe() || !loop.isLeading()) return undefined;
    const now = clock.monotonicMs();
    if (lookedAt !== undefined && now - lookedAt < lookEveryMs) return undefined;
    lookedAt = now;
    if (!(await failsafe.isNeeded(keeper.durable().config))) return failsafe.tidy();
    return loop.settleAnew();
  };
}
