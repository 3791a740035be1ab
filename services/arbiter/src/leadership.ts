import {
  bid,
  type Event,
  type Held,
  type LeaseTiming,
  type Sighting,
  SluiceError,
  sight,
  whyNotWrite,
} from "@sluice/core";
import type { Clock, Lease } from "@sluice/ports";

/**
 * Who leads, from one arbiter's point of view. A follower watches the lease row and bids by its rank; a leader renews, and
 * lays down its pen by its own monotonic clock before anybody else can hold the lease.
 */
export interface Leadership {
  /** Undefined while following. */
  held(): Held | undefined;
  /** Why the leader may not write at this moment; asked before each write. */
  whyNotWrite(): string | undefined;
  /** The last row seen, for `status`: who leads as far as we know. */
  seen(): { readonly holder: string; readonly epoch: number } | undefined;
  /** One look at the lease: poll, bid or renew. Never throws for a store that is away. */
  tick(canLead: boolean): Promise<void>;
  /** Takes an epoch above `above`, after a newer fence was found in the world. */
  raise(above: number): Promise<boolean>;
  /** Gives the lease up, so that the next leader need not wait. */
  resign(because: string): Promise<void>;
}

type Deps = {
  readonly name: string;
  /** Place among the configured arbiters, 0 preferred. */
  readonly rank: number;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly timing: LeaseTiming;
  readonly onEvent: (event: Event) => void;
};

export function makeLeadership(deps: Deps): Leadership {
  const { lease, clock, timing, name } = deps;
  let held: Held | undefined;
  let sighting: Sighting | undefined;
  let emptySince: number | undefined;
  const gap = (): number => clock.wallMs() - clock.monotonicMs();
  const take = (epoch: number, sentAt: Held["renewSentAt"]): void => {
    held = { epoch, renewSentAt: sentAt, wallMinusMonoMs: gap() };
    deps.onEvent({ kind: "leader-elected", arbiter: name, epoch });
  };
  const drop = (because: string): void => {
    if (!held) return;
    deps.onEvent({ kind: "leader-resigned", arbiter: name, epoch: held.epoch, because });
    held = undefined;
    sighting = undefined;
  };
  const why = (): string | undefined =>
    held ? whyNotWrite(held, { mono: clock.monotonicMs(), wallMinusMonoMs: gap() }, timing) : "not-leading";

  async function follow(canLead: boolean): Promise<void> {
    const row = await lease.read();
    const now = clock.monotonicMs();
    if (row) sighting = sight(sighting, row, now);
    else emptySince ??= now;
    if (!canLead) return;
    const move = sighting ? bid(sighting, deps.rank, { now, timing }) : firstBid(now - (emptySince ?? now), deps);
    if (move === "wait") return;
    const sentAt = clock.monotonicMs();
    const taken =
      move === "seize" && sighting
        ? await lease.seize(sighting.row, name, timing.ttlMs)
        : await lease.acquire(name, timing.ttlMs);
    if (taken.kind === "acquired") take(taken.epoch, sentAt);
  }

  async function renew(leading: Held): Promise<void> {
    const sentAt = clock.monotonicMs();
    const gapAtSend = gap();
    const renewed = await lease.renew({ holder: name, epoch: leading.epoch }, timing.ttlMs);
    if (renewed.kind === "renewed") held = { ...leading, renewSentAt: sentAt, wallMinusMonoMs: gapAtSend };
    else drop("the lease row is another's, or has expired");
  }

  return {
    held: () => held,
    whyNotWrite: why,
    seen: () =>
      held
        ? { holder: name, epoch: held.epoch }
        : sighting && { holder: sighting.row.holder, epoch: sighting.row.epoch },
    async tick(canLead) {
      try {
        if (!held) return await follow(canLead);
        const reason = why();
        if (reason !== undefined) return drop(reason);
        if (clock.monotonicMs() - held.renewSentAt >= timing.renewEveryMs) await renew(held);
      } catch (error) {
        if (!(error instanceof SluiceError) || !error.transient) throw error;
      }
    },
    async raise(above) {
      const raised = held && (await lease.raise({ holder: name, epoch: held.epoch }, above));
      if (held && raised?.kind === "acquired") held = { ...held, epoch: raised.epoch };
      else drop("the lease row is another's");
      return held !== undefined;
    },
    async resign(because) {
      const leading = held;
      drop(because);
      if (leading) await lease.release({ holder: name, epoch: leading.epoch });
    },
  };
}

/** Nobody has ever led: the preferred arbiter goes first, the others give it twice the usual delay to come up. */
const firstBid = (waitedMs: number, deps: Pick<Deps, "rank" | "timing">): "acquire" | "wait" =>
  waitedMs >= deps.rank * deps.timing.rankDelayMs * 2 ? "acquire" : "wait";
