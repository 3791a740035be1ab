import type { Event, EventKind } from "@sluice/core";

/** Of each of these kinds so many are told one by one. */
const toldMax = 200;

/** What is seen, of which a lost site brings tens of thousands at once. What is decided and done is always told in full. */
const boundedKinds: ReadonlySet<EventKind> = new Set([
  "vote-changed",
  "suspected",
  "traffic-changed",
  "verdict-changed",
  "situation-changed",
]);

/** The events with no more than so many of what is seen, and how many were left out. */
export function inShort(events: readonly Event[]): readonly Event[] {
  if (events.length <= toldMax) return events;
  const seen = new Map<EventKind, number>();
  const told = events.filter(({ kind }) => {
    const count = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, count);
    return count <= toldMax || !boundedKinds.has(kind);
  });
  const untold = [...seen].filter(([kind, count]) => boundedKinds.has(kind) && count > toldMax);
  return [...told, ...untold.map(([what, count]): Event => ({ kind: "untold", what, count: count - toldMax }))];
}
