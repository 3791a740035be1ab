import type { EpochMs, ServiceName } from "./model.ts";
import type { ServiceState } from "./world.ts";

/**
 * How long ago something durable was, by the cycle's own time. What is durable is dated by a wall clock, which steps, and by
 * several arbiters' clocks, which differ. So every arbiter, the followers too, counts from when it first saw a date: a new
 * leader goes on where it was, and a process that has just started counts from nothing. So a brake may hold for longer than it
 * had to after a restart, and for less never.
 */
export type CycleClock = {
  /** Time that this arbiter's cycles have counted. Unit: milliseconds. */
  readonly ranMs: number;
  /** What the dates below were read from. */
  readonly services: Readonly<Record<ServiceName, ServiceState>>;
  /** By service and date, what `ranMs` was when the date was first seen. */
  readonly firstSeen: Readonly<Record<ServiceName, FirstSeen>>;
};
type FirstSeen = Readonly<Record<number, number>>;

export const newCycleClock: CycleClock = { ranMs: 0, services: {}, firstSeen: {} };

/** Unit: milliseconds. 0 for a date that was never seen. */
export const agoMs = (clock: CycleClock, service: ServiceName, at: EpochMs): number =>
  clock.ranMs - (clock.firstSeen[service]?.[at] ?? clock.ranMs);

/** The clock after it has seen the dates of these services. Those that are no longer there are forgotten. */
export function seeDates(clock: CycleClock, services: CycleClock["services"]): CycleClock {
  if (services === clock.services) return clock;
  const firstSeen: Record<ServiceName, FirstSeen> = {};
  for (const [name, state] of Object.entries(services)) {
    const before = clock.firstSeen[name];
    const seen = state === clock.services[name] ? before : seenNow(state, before, clock.ranMs);
    if (seen) firstSeen[name] = seen;
  }
  return { ranMs: clock.ranMs, services, firstSeen };
}

function seenNow(state: ServiceState, before: FirstSeen | undefined, ranMs: number): FirstSeen | undefined {
  const dates = datesOf(state);
  if (dates.length === 0) return undefined;
  return Object.fromEntries(dates.map((at) => [at, before?.[at] ?? ranMs]));
}

const datesOf = ({ moves, quarantine, changedAt, ramp }: ServiceState): readonly EpochMs[] => [
  ...moves,
  ...quarantine.map(({ since }) => since),
  ...(changedAt === undefined ? [] : [changedAt]),
  ...(ramp ? [ramp.since] : []),
];
