import {
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
  for (const entry of entries) {
    const row = rowOf(entry, about);
    if (row && row.ms >= 0 && !rows.has(row.what)) rows.set(row.what, row);
  }
  return [...rows.values()].sort((one, other) => one.ms - other.ms);
}

function rowOf({ at, event }: JournalEntry, about: About): TimelineRow | undefined {
  const row = (atMs: number, what: string, detail: string): TimelineRow => ({
    ms: Math.round(atMs - about.faultAtMs),
    what,
    detail,
  });
  switch (event.kind) {
    case "suspected":
      if (!about.targets.includes(event.target)) return undefined;
      return row(event.failingSince, "first failed probe", `${event.agent} at ${event.target}: ${event.detail}`);
    case "verdict-changed":
      if (!about.targets.includes(event.target) || event.to.kind !== "down") return undefined;
      return row(at, "quorum", `${event.target} is down: ${tallySentence(event.tally)}`);
    case "decided": {
      const { decision } = event;
      if (decision.service !== about.service) return undefined;
      const words = `${formatPlacement(decision.from)} → ${formatPlacement(decision.to)} (${formatCause(decision.cause)})`;
      return row(decision.at, "decision", `${words}, because ${decision.because}`);
    }
    case "leader-elected":
      return row(at, "new leader", `${event.arbiter}, epoch ${event.epoch}`);
    case "verified":
      if (event.service !== about.service) return undefined;
      return row(at, "verified", `${event.servers.join(", ")} answer by ${formatFence(event.fence)}`);
    default:
      return undefined;
  }
}
