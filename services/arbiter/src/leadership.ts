import {
  bid,
  type Event,
  type Held,
  type LeaseTiming,
  type MonoMs,
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
  /** When the lease row was last read or renewed, by the monotonic clock: how we know that the store is there. */
  lastSeenAt(): MonoMs | undefined;
  /** Gives the lease up, so that the next leader need not wait. */
  resign(because: string): Promise<void>;
}

type Deps = {
  readonly name: string;
  /** Place among the configured arbiters, 0 preferred; undefined when the configuration names us no more. */
  readonly rank: () => number | undefined;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly timing: LeaseTiming;
  readonly onEvent: (event: Event) => void;
};

export function makeLeadership(deps: Deps): Leadership {
  const { lease, clock, timing, name } = deps;
  let held: Held | undefined;
  let sighting: Sighting | undefined;
  let ableSince: MonoMs | undefined;
  let lastSeenAt: MonoMs | undefined;
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
    lastSeenAt = now;
    if (row) sighting = sight(sighting, row, now);
    ableSince = canLead ? (ableSince ?? now) : undefined;
    const rank = deps.rank();
    if (ableSince === undefined || rank === undefined) return;
    const move = sighting ? bid(sighting, rank, { now, ableSince, timing }) : firstBid(now - ableSince, rank, timing);
    if (move === "wait") return;
    const seized = move === "seize" ? sighting?.row : undefined;
    const taken = await (seized ? lease.seize(seized, name, timing.ttlMs) : lease.acquire(name, timing.ttlMs));
    if (taken.kind === "acquired") take(taken.epoch, now);
  }

  async function renew(leading: Held): Promise<void> {
    const sentAt = clock.monotonicMs();
    const wallMinusMonoMs = gap();
    const renewed = await lease.renew({ holder: name, epoch: leading.epoch }, timing.ttlMs);
    lastSeenAt = sentAt;
    if (renewed.kind === "renewed") held = { ...leading, renewSentAt: sentAt, wallMinusMonoMs };
    else drop("the lease row is another's, or has expired");
  }

  async function tick(canLead: boolean): Promise<void> {
    if (!held) return follow(canLead);
    const reason = why();
    if (reason !== undefined) drop(reason);
    else if (clock.monotonicMs() - held.renewSentAt >= timing.renewEveryMs) await renew(held);
  }

  return {
    held: () => held,
    lastSeenAt: () => lastSeenAt,
    whyNotWrite: why,
    seen: () =>
      held
        ? { holder: name, epoch: held.epoch }
        : sighting && { holder: sighting.row.holder, epoch: sighting.row.epoch },
    tick: (canLead) => tick(canLead).catch(unlessTransient),
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
const firstBid = (waitedMs: number, rank: number, timing: LeaseTiming): "acquire" | "wait" =>
  waitedMs >= rank * timing.rankDelayMs * 2 ? "acquire" : "wait";

/** A store that is away is no mistake: the next tick asks again. */
function unlessTransient(error: unknown): void {
  if (!(error instanceof SluiceError) || !error.transient) throw error;
}
