import type { Blamed } from "./blamed.ts";
import type { ChannelConfig, Config } from "./config.ts";
import { type CycleClock, newCycleClock } from "./cycle-clock.ts";
import type { Flap } from "./hold.ts";
import type { AgentName, EpochMs, ServiceName, SiteName } from "./model.ts";
import type { Override } from "./override.ts";
import type { Placement } from "./placement.ts";
import type { Ramp } from "./ramp.ts";
import type { SlotTable } from "./route/slot-table.ts";
import type { SituationKind } from "./situation.ts";
import type { Snapshot } from "./snapshot.ts";
import { emptyTable, type Table } from "./table.ts";
import type { Traffic } from "./traffic/combine-traffic.ts";
import type { Trip } from "./trip.ts";
import type { Verdict } from "./verdict.ts";

/** What the arbiter knows: the durable part is in the store, the rest is worked out anew from votes. */
export type World = {
  readonly durable: Durable;
  readonly watch: Watch;
};

/** Committed under the epoch, in one transaction with the decision and its audit record. */
export type Durable = {
  readonly installation: string;
  /** The last number given out. */
  readonly sequence: number;
  readonly configRevision: number;
  readonly config: Config;
  readonly services: Readonly<Record<ServiceName, ServiceState>>;
  readonly overrides: readonly Override[];
  /** What was last published. */
  readonly snapshot: Snapshot | undefined;
};

export type ServiceState = {
  /** Where automation and switchovers put the traffic. */
  readonly base: Placement;
  /** What is answered: the base with overrides laid over it. */
  readonly served: Placement;
  readonly quarantine: readonly Quarantine[];
  /** Automatic moves of the last hour, oldest first; the brakes count them, by the cycle's time. */
  readonly moves: readonly EpochMs[];
  /** The last automatic move for another reason than evacuation; the change budget counts it for a while. */
  readonly changedAt?: EpochMs;
  /** A failback under way. */
  readonly ramp?: Ramp;
  /** How often sites were left lately; it doubles their holds. */
  readonly flaps?: readonly Flap[];
  /** When too many of them latched the service to manual. An operator who moves it, or bears on it, lifts the latch. */
  readonly latchedAt?: EpochMs;
  /** What the last operator move replaced, for `undo`. */
  readonly undo?: Placement;
  /** True after an operator's move, until automation had to leave: then automation doesn't take it home either. */
  readonly isOperatorsChoice?: true;
  /** The weights of its channels as an operator set them at run time. Absent: the configuration's. */
  readonly weights?: readonly ChannelConfig[];
  /** The sequence at which the weights last changed; whoever changes them says which he saw. */
  readonly weightsSequence?: number;
  /** Which users belong to which channel, and belonged to before. Absent only until the first step. */
  readonly slots?: SlotTable;
};

export type Quarantine = { readonly site: SiteName; readonly since: EpochMs; readonly because: "down" | "degraded" };

/** What is held back now, and by which rule. */
export type HeldBack = {
  readonly rule: string;
  readonly because: string;
  /** Until when, if nothing changes. Absent: until something changes. */
  readonly until?: EpochMs;
};

/** Volatile: rebuilt by any arbiter from the votes it is sent. */
export type Watch = {
  /** When the last cycle was, to measure the time until this one; undefined before the first. */
  readonly cycleAt: EpochMs | undefined;
  /** Of each configured target, by its key. */
  readonly verdicts: Table<VerdictState>;
  readonly freshDomains: readonly SiteName[];
  /** What each brake holds back now, so that it is said once and not each cycle. */
  readonly held: Readonly<Record<ServiceName, HeldBack>>;
  readonly situations: Readonly<Record<ServiceName, SituationKind>>;
  /** What is to blame now, in place of single sites. */
  readonly blamed: readonly Blamed[];
  /** How long ago what is durable happened. */
  readonly clock: CycleClock;
  /** Absent: every target is to be looked at. */
  readonly counted?: Counted;
  /** What automation has acted upon. Absent: every service is to be looked at, as by a follower that comes to lead. */
  readonly acted?: Acted;
};

/** What the last cycle counted, so that the next looks only at targets of which something may be new. */
export type Counted = {
  readonly config: Config;
  /** Whose votes counted. */
  readonly agents: readonly AgentName[];
  /** The last change of a vote that was counted; undefined when nobody numbered them. */
  readonly version: number | undefined;
  /** Places of targets that have just changed, and may change once more though their votes don't. */
  readonly restless: readonly number[];
  /** Until when a trip that is over is remembered, by the place of its target and the cycle's time. Unit: milliseconds. */
  readonly endingAtMs: ReadonlyMap<number, number>;
};

export type Acted = {
  readonly overrides: readonly Override[];
  /** When, by the cycle's time, time alone may change something about a service. Absent from it: only other facts may. Unit: milliseconds. */
  readonly dueAtMs: ReadonlyMap<ServiceName, number>;
};

export type VerdictState = {
  readonly verdict: Verdict;
  /** For showing. How long something has lasted is never worked out from it, since the wall clock may step. */
  readonly since: EpochMs;
  readonly well: Well;
  /** It was called healthy once, or was left as something that had been. Only ever of a pool. */
  readonly wasWell?: true;
  /** What looks alone say, while the site's own traffic says worse. */
  readonly byLooks?: Verdict;
  /** What the site's own gateways say of the pool now. */
  readonly traffic?: Traffic;
  /** The pool's last trip, until it has been over for a while. */
  readonly trip?: Trip;
  /** The last time that looks alone called it bad, told as trips are. */
  readonly badLooks?: Trip;
  /** Since when a majority has begun to see it fail, by the cycle's time. Absent: it has not. Unit: milliseconds. */
  readonly suspectedAtMs?: number;
};

/**
 * Time by the cycle for which a majority has said `healthy` without a break: `forMs` when the cycle's time was `atMs`. It runs on
 * while they say so, and nothing need be written down for that. Unit: milliseconds.
 */
export type Well = { readonly forMs: number; readonly atMs: number };

/** Unit: milliseconds. A split vote holds the verdict and proves nothing, so the time stands still. */
export const healthyForMs = ({ verdict, well }: VerdictState, ranMs: number): number =>
  verdict.kind === "healthy" && verdict.because === "majority" ? well.forMs + (ranMs - well.atMs) : well.forMs;

export const newWatch: Watch = {
  cycleAt: undefined,
  verdicts: emptyTable,
  freshDomains: [],
  held: {},
  situations: {},
  blamed: [],
  clock: newCycleClock,
};
