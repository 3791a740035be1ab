import {
  type Event,
  type Held,
  type LeaseRow,
  type LeaseTiming,
  type MonoMs,
  type Sighting,
  SluiceError,
  sight,
  whyNotWrite,
} from "@sluice/core";
import type { Clock, Lease } from "@sluice/ports";
import type { Failsafe } from "./failsafe/failsafe.ts";

/** What an arbiter needs to take part in the question of who leads. */
export type LeadershipDeps = {
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

export type Led = Held & { readonly isFailsafe: boolean };

/** What one arbiter knows of the lease: who leads writes with it, who follows waits for it. */
export type Pen = LeadershipDeps & {
  held: Led | undefined;
  sighting: Sighting | undefined;
  /** Since when it has had the votes to lead. */
  ableSince: MonoMs | undefined;
  lastSeenAt: MonoMs | undefined;
  isBidding: boolean;
  isStoreDoubted: boolean;
  /** When promises were last asked for, and when the store was last looked for in failsafe. */
  askedAt: MonoMs | undefined;
  triedAt: MonoMs | undefined;
  terms: number;
};

export const newPen = (deps: LeadershipDeps): Pen => ({
  ...deps,
  held: undefined,
  sighting: undefined,
  ableSince: undefined,
  lastSeenAt: undefined,
  isBidding: false,
  isStoreDoubted: false,
  askedAt: undefined,
  triedAt: undefined,
  terms: 0,
});

/** While a machine is suspended the wall clock runs away from the monotonic one. Unit: milliseconds. */
export const gapOf = ({ clock }: Pen): number => clock.wallMs() - clock.monotonicMs();

export function take(pen: Pen, epoch: number, sentAt: MonoMs): void {
  pen.terms += 1;
  pen.held = { epoch, renewSentAt: sentAt, wallMinusMonoMs: gapOf(pen), isFailsafe: false };
  pen.onEvent({ kind: "leader-elected", arbiter: pen.name, epoch });
}

export function drop(pen: Pen, because: string): void {
  const { held } = pen;
  if (!held) return;
  pen.held = undefined;
  pen.sighting = undefined;
  if (held.isFailsafe) pen.onEvent({ kind: "failsafe-ended", epoch: held.epoch, because });
  pen.onEvent({ kind: "leader-resigned", arbiter: pen.name, epoch: held.epoch, because });
}

export const whyNotNow = (pen: Pen): string | undefined =>
  pen.held
    ? whyNotWrite(pen.held, { mono: pen.clock.monotonicMs(), wallMinusMonoMs: gapOf(pen) }, pen.timing)
    : "not-leading";

export async function readRow(pen: Pen): Promise<LeaseRow | undefined> {
  const row = await pen.lease.read();
  const now = pen.clock.monotonicMs();
  pen.lastSeenAt = now;
  // Without a row the store is empty: what was seen before is of another one.
  pen.sighting = row && sight(pen.sighting, row, now);
  return row;
}

/** A store that is away is no mistake: the next tick asks again. */
export function unlessTransient(error: unknown): void {
  if (!(error instanceof SluiceError) || !error.transient) throw error;
}
