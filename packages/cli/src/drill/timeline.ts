import {
  type Event,
  type EventKind,
  formatCause,
  formatFence,
  formatPlacement,
  type JournalEntry,
  type TargetKey,
  tallySentence,
} from "@sluice/core";
import type { TimelineRow } from "./report.ts";

type About = {
  readonly service: string;
  /** The targets whose loss makes the site unfit for the service. */
  readonly targets: readonly TargetKey[];
  readonly faultAtMs: number;
};

/** The journal's part of the story, one row for the first of each kind: suspicion, quorum, decision, publication, verification. */
export function timelineOf(entries: readonly JournalEntry[], about: About): readonly TimelineRow[] {
  const rows = new Map<string, TimelineRow>();
  const decided = decidedIn(entries, about);
  for (const entry of entries) {
    // Of what was published before the decision, its verification may end after the fault and tells nothing of it.
    if (entry.event.kind === "verified" && entry.event.fence.sequence < decided) continue;
    const row = rowOf(entry, about);
    if (row && row.ms >= 0 && !rows.has(row.what)) rows.set(row.what, row);
  }
  return [...rows.values()].sort((one, other) => one.ms - other.ms);
}

/** The number of the decision that answered the fault; 0 when there was none. */
function decidedIn(entries: readonly JournalEntry[], { service, faultAtMs }: About): number {
  const found = entries.find(
    ({ at, event }) => event.kind === "decided" && event.decision.service === service && at >= faultAtMs,
  );
  return found?.event.kind === "decided" ? found.event.decision.sequence : 0;
}

/** What the story tells of an event: when, what, and in which words; undefined when it is about something else. */
type Told = { readonly atMs: number; readonly what: string; readonly detail: string } | undefined;
type Tellers = { readonly [K in EventKind]?: (event: Extract<Event, { kind: K }>, at: number, about: About) => Told };

const tellers: Tellers = {
  suspected: (event, _at, about) =>
    about.targets.includes(event.target)
      ? {
          atMs: event.failingSince,
          what: "first failed probe",
          detail: `${event.agent} at ${event.target}: ${event.detail}`,
        }
      : undefined,
  "verdict-changed": (event, at, about) =>
    about.targets.includes(event.target) && event.to.kind === "down"
      ? { atMs: at, what: "quorum", detail: `${event.target} is down: ${tallySentence(event.tally)}` }
      : undefined,
  decided: ({ decision }, at, about) => {
    if (decision.service !== about.service) return undefined;
    const words = `${formatPlacement(decision.from)} → ${formatPlacement(decision.to)} (${formatCause(decision.cause)})`;
    // Dated as everything of its commit is: by its own date it would stand before the quorum that led to it.
    return { atMs: at, what: "decision", detail: `${words}, because ${decision.because}` };
  },
  "leader-elected": (event, at) => ({
    atMs: at,
    what: "new leader",
    detail: `${event.arbiter}, epoch ${event.epoch}`,
  }),
  verified: (event, at, about) =>
    event.service === about.service
      ? { atMs: at, what: "verified", detail: `${event.servers.join(", ")} answer by ${formatFence(event.fence)}` }
      : undefined,
};

function rowOf({ at, event }: JournalEntry, about: About): TimelineRow | undefined {
  const tell = tellers[event.kind] as ((event: Event, at: number, about: About) => Told) | undefined;
  const told = tell?.(event, at, about);
  return told && { ms: Math.round(told.atMs - about.faultAtMs), what: told.what, detail: told.detail };
}
