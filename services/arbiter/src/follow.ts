import { bid, type LeaseTiming } from "@sluice/core";
import { type Pen, readRow, take } from "./pen.ts";

/** One look of a follower at the lease row, and a bid for it when its turn has come. */
export async function follow(pen: Pen, canLead: boolean): Promise<void> {
  const { clock, lease, timing, name } = pen;
  await readRow(pen);
  const now = clock.monotonicMs();
  pen.ableSince = canLead ? (pen.ableSince ?? now) : undefined;
  const { ableSince, sighting } = pen;
  const rank = pen.rank();
  if (ableSince === undefined || rank === undefined) return;
  const move = sighting ? bid(sighting, rank, { now, ableSince, timing }) : firstBid(now - ableSince, rank, timing);
  // Nothing waits between this look and the question, so no promise is given in between.
  if (move === "wait" || pen.failsafe.isBound()) return;
  const seized = move === "seize" ? sighting?.row : undefined;
  pen.isBidding = true;
  try {
    const taken = await (seized ? lease.seize(seized, name, timing.ttlMs) : lease.acquire(name, timing.ttlMs));
    if (taken.kind === "acquired") take(pen, taken.epoch, now);
  } finally {
    pen.isBidding = false;
  }
}

/** Nobody has ever led: the preferred arbiter goes first, the others give it twice the usual delay to come up. */
const firstBid = (waitedMs: number, rank: number, timing: LeaseTiming): "acquire" | "wait" =>
  waitedMs >= rank * timing.rankDelayMs * 2 ? "acquire" : "wait";
