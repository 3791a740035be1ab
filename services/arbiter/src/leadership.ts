import {
  bid,
  type Event,
  type Held,
  type LeaseRow,
  type LeaseTiming,
  type MonoMs,
  promiseTiming,
  type Sighting,
  SluiceError,
  sight,
  whyNotWrite,
} from "@sluice/core";
import type { Clock, Lease } from "@sluice/ports";
import type { Failsafe } from "./failsafe/failsafe.ts";

/**
 * Who leads, from one arbiter's point of view. A follower watches the lease row and bids by its rank; a leader renews, and
 * lays down its pen by its own monotonic clock before anybody else can hold the lease. With the store away, the promises of
 * the others stand in for a renewal.
 */
export interface Leadership {
  /** Undefined while following. */
  held(): Held | undefined;
  /** Why the leader may not write at this moment; asked before each write. */
  whyNotWrite(): string | undefined;
  /** True while it leads by promises: what it decides goes into its journal, and not into the store. */
  isFailsafe(): boolean;
  /** The last row seen, for `status`: who leads as far as we know. */
  seen(): { readonly holder: string; readonly epoch: number } | undefined;
  /** How often it has come to lead. A store that lost its past gives the same epoch out again. */
  terms(): number;
  /** True while a question for the lease is under way. */
  isBidding(): boolean;
  /** One look at the lease: poll, bid or renew. Never throws for a store that is away. */
  tick(canLead: boolean): Promise<void>;
  /** Somebody else found the store away: the next look asks for promises first, as another wait for the store may be too long. */
  doubtStore(): void;
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
  readonly failsafe: Pick<Failsafe, "isBound" | "round" | "epochHeard">;
  /** Whether it has settled its epoch: only such a world is worth going on with. */
  readonly isSettled: () => boolean;
  readonly onEvent: (event: Event) => void;
};

type Led = Held & { readonly isFailsafe: boolean };

export function makeLeadership(deps: Deps): Leadership {
  const { lease, clock, timing, name, failsafe } = deps;
  let held: Led | undefined;
  let sighting: Sighting | undefined;
  let ableSince: MonoMs | undefined;
  let lastSeenAt: MonoMs | undefined;
  let [isBidding, isStoreDoubted] = [false, false];
  /** When promises were last asked for. */
  let askedAt: MonoMs | undefined;
  /** When the store was last looked for in failsafe. */
  let triedAt: MonoMs | undefined;
  let terms = 0;
  const gap = (): number => clock.wallMs() - clock.monotonicMs();
  const take = (epoch: number, sentAt: MonoMs): void => {
    terms += 1;
    held = { epoch, renewSentAt: sentAt, wallMinusMonoMs: gap(), isFailsafe: false };
    deps.onEvent({ kind: "leader-elected", arbiter: name, epoch });
  };
  const drop = (because: string): void => {
    if (!held) return;
    if (held.isFailsafe) deps.onEvent({ kind: "failsafe-ended", epoch: held.epoch, because });
    deps.onEvent({ kind: "leader-resigned", arbiter: name, epoch: held.epoch, because });
    held = undefined;
    sighting = undefined;
  };
  const why = (): string | undefined =>
    held ? whyNotWrite(held, { mono: clock.monotonicMs(), wallMinusMonoMs: gap() }, timing) : "not-leading";

  async function readRow(): Promise<LeaseRow | undefined> {
    const row = await lease.read();
    const now = clock.monotonicMs();
    lastSeenAt = now;
    if (row) sighting = sight(sighting, row, now);
    return row;
  }

  async function follow(canLead: boolean): Promise<void> {
    await readRow();
    const now = clock.monotonicMs();
    ableSince = canLead ? (ableSince ?? now) : undefined;
    const rank = deps.rank();
    if (ableSince === undefined || rank === undefined) return;
    const move = sighting ? bid(sighting, rank, { now, ableSince, timing }) : firstBid(now - ableSince, rank, timing);
    // Nothing waits between this look and the question, so no promise is given in between.
    if (move === "wait" || failsafe.isBound()) return;
    const seized = move === "seize" ? sighting?.row : undefined;
    const taken = await bidding(() =>
      seized ? lease.seize(seized, name, timing.ttlMs) : lease.acquire(name, timing.ttlMs),
    );
    if (taken.kind === "acquired") take(taken.epoch, now);
  }

  async function bidding<T>(ask: () => Promise<T>): Promise<T> {
    isBidding = true;
    try {
      return await ask();
    } finally {
      isBidding = false;
    }
  }

  async function renew(leading: Led): Promise<void> {
    const sentAt = clock.monotonicMs();
    const wallMinusMonoMs = gap();
    const renewed = await lease.renew({ holder: name, epoch: leading.epoch }, timing.ttlMs);
    [lastSeenAt, isStoreDoubted] = [sentAt, false];
    if (renewed.kind === "renewed") held = { ...leading, renewSentAt: sentAt, wallMinusMonoMs };
    else drop("the lease row is another's, or has expired");
  }

  /** Asks for promises; a majority of them is as good as a renewal. */
  async function askPromises(leading: Led): Promise<boolean> {
    const sentAt = clock.monotonicMs();
    const wallMinusMonoMs = gap();
    askedAt = sentAt;
    const round = await failsafe.round(leading.epoch);
    if (round.kind !== "promised" || held?.epoch !== leading.epoch || why() !== undefined) return false;
    held = { ...leading, renewSentAt: sentAt, wallMinusMonoMs, isFailsafe: true };
    if (!leading.isFailsafe) deps.onEvent({ kind: "failsafe-entered", epoch: leading.epoch, promisedBy: round.by });
    return true;
  }

  /** By its own renewals. When they fail for long enough the others are asked. */
  async function lead(leading: Led): Promise<void> {
    const ageMs = (): number => clock.monotonicMs() - leading.renewSentAt;
    const mayAsk = (): boolean => deps.isSettled() && ageMs() >= promiseTiming.askAfterMs;
    if (isStoreDoubted && mayAsk() && (await askPromises(leading))) return;
    if (ageMs() < timing.renewEveryMs) return;
    try {
      await renew(leading);
    } catch (error) {
      unlessTransient(error);
      isStoreDoubted = true;
      if (mayAsk()) await askPromises(leading);
    }
  }

  /** By promises, until the store is back. */
  async function leadFailsafe(leading: Led): Promise<void> {
    if (failsafe.epochHeard() > leading.epoch) return drop(`epoch ${failsafe.epochHeard()} was given out meanwhile`);
    const sinceMs = (at: MonoMs | undefined): number => clock.monotonicMs() - (at ?? 0);
    // The promises first: a store that is silent takes seconds to say so.
    if (sinceMs(leading.renewSentAt) >= promiseTiming.askEveryMs && sinceMs(askedAt) >= timing.pollEveryMs)
      await askPromises(leading);
    if (sinceMs(triedAt) < timing.pollEveryMs) return undefined;
    triedAt = clock.monotonicMs();
    return reclaim(leading);
  }

  /** The store is back: the row is taken as it is, unless it tells of a newer epoch. An older row is an older store. */
  async function reclaim(leading: Led): Promise<void> {
    const sentAt = clock.monotonicMs();
    const row = await readRow();
    // A newer one of our own is this very question, asked before, whose answer was lost.
    if (row && row.epoch > leading.epoch && row.holder !== name)
      return drop(`${row.holder} took epoch ${row.epoch} meanwhile`);
    const taken = await (row ? lease.seize(row, name, timing.ttlMs) : lease.acquire(name, timing.ttlMs));
    if (taken.kind !== "acquired") return undefined;
    const { epoch } = leading;
    const raised = taken.epoch > epoch ? taken : await lease.raise({ holder: name, epoch: taken.epoch }, epoch);
    if (raised.kind !== "acquired" || held?.epoch !== epoch) return undefined;
    deps.onEvent({ kind: "failsafe-ended", epoch, because: "the store is back" });
    isStoreDoubted = false;
    return take(raised.epoch, sentAt);
  }

  async function tick(canLead: boolean): Promise<void> {
    if (!held) return follow(canLead);
    const reason = why();
    if (reason !== undefined) return drop(reason);
    return held.isFailsafe ? leadFailsafe(held) : lead(held);
  }

  return {
    held: () => held,
    isFailsafe: () => held?.isFailsafe ?? false,
    isBidding: () => isBidding,
    terms: () => terms,
    lastSeenAt: () => lastSeenAt,
    whyNotWrite: why,
    doubtStore() {
      isStoreDoubted = true;
    },
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
