import { type MonoMs, promiseTiming } from "@sluice/core";
import { drop, gapOf, type Led, type Pen, readRow, take, unlessTransient, whyNotNow } from "./pen.ts";

/** A leader's turn: it renews, or asks the others when that has failed for long enough. */
export async function lead(pen: Pen, leading: Led): Promise<void> {
  const ageMs = (): number => pen.clock.monotonicMs() - leading.renewSentAt;
  const mayAsk = (): boolean => pen.isSettled() && ageMs() >= promiseTiming.askAfterMs;
  if (pen.isStoreDoubted && mayAsk() && (await askPromises(pen, leading))) return;
  if (ageMs() < pen.timing.renewEveryMs) return;
  try {
    await renew(pen, leading);
  } catch (error) {
    unlessTransient(error);
    pen.isStoreDoubted = true;
    if (mayAsk()) await askPromises(pen, leading);
  }
}

async function renew(pen: Pen, leading: Led): Promise<void> {
  const sentAt = pen.clock.monotonicMs();
  const wallMinusMonoMs = gapOf(pen);
  const renewed = await pen.lease.renew({ holder: pen.name, epoch: leading.epoch }, pen.timing.ttlMs);
  pen.lastSeenAt = sentAt;
  pen.isStoreDoubted = false;
  // The loop raised the epoch meanwhile, or resigned: this answer is about a lease that is no longer held so.
  if (pen.held !== leading) return;
  if (renewed.kind === "renewed") pen.held = { ...leading, renewSentAt: sentAt, wallMinusMonoMs };
  else drop(pen, "the lease row is another's, or has expired");
}

/** Asks for promises; a majority of them is as good as a renewal. */
async function askPromises(pen: Pen, leading: Led): Promise<boolean> {
  const sentAt = pen.clock.monotonicMs();
  const wallMinusMonoMs = gapOf(pen);
  pen.askedAt = sentAt;
  const round = await pen.failsafe.round(leading.epoch);
  if (round.kind !== "promised" || pen.held?.epoch !== leading.epoch || whyNotNow(pen) !== undefined) return false;
  pen.held = { ...leading, renewSentAt: sentAt, wallMinusMonoMs, isFailsafe: true };
  if (!leading.isFailsafe) pen.onEvent({ kind: "failsafe-entered", epoch: leading.epoch, promisedBy: round.by });
  return true;
}

/** A turn of one who leads by promises, until the store is back. */
export async function leadFailsafe(pen: Pen, leading: Led): Promise<void> {
  const heard = pen.failsafe.epochHeard();
  if (heard > leading.epoch) return drop(pen, `epoch ${heard} was given out meanwhile`);
  const sinceMs = (at: MonoMs | undefined): number => pen.clock.monotonicMs() - (at ?? 0);
  // The promises first: a store that is silent takes seconds to say so.
  if (sinceMs(leading.renewSentAt) >= promiseTiming.askEveryMs && sinceMs(pen.askedAt) >= pen.timing.pollEveryMs)
    await askPromises(pen, leading);
  if (sinceMs(pen.triedAt) < pen.timing.pollEveryMs) return undefined;
  pen.triedAt = pen.clock.monotonicMs();
  return reclaim(pen, leading);
}

/** The store is back: the row is taken as it is, unless it tells of a newer epoch. An older row is an older store. */
async function reclaim(pen: Pen, leading: Led): Promise<void> {
  const { lease, name, timing } = pen;
  const sentAt = pen.clock.monotonicMs();
  const row = await readRow(pen);
  // A newer one of our own is this very question, asked before, whose answer was lost.
  if (row && row.epoch > leading.epoch && row.holder !== name)
    return drop(pen, `${row.holder} took epoch ${row.epoch} meanwhile`);
  const taken = await (row ? lease.seize(row, name, timing.ttlMs) : lease.acquire(name, timing.ttlMs));
  if (taken.kind !== "acquired") return undefined;
  const { epoch } = leading;
  const raised = taken.epoch > epoch ? taken : await lease.raise({ holder: name, epoch: taken.epoch }, epoch);
  if (raised.kind !== "acquired" || pen.held?.epoch !== epoch) return undefined;
  pen.onEvent({ kind: "failsafe-ended", epoch, because: "the store is back" });
  pen.isStoreDoubted = false;
  return take(pen, raised.epoch, sentAt);
}
