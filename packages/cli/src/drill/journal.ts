import type { JournalEntry } from "@sluice/core";
import type { ArbiterClient } from "../arbiter-client.ts";

export async function lastEventId(client: ArbiterClient): Promise<number> {
  return (await eventsAfter(client, 0)).at(-1)?.id ?? 0;
}

/** Everything in the journal after that id, page by page. */
export async function eventsAfter(client: ArbiterClient, after: number): Promise<readonly JournalEntry[]> {
  const all: JournalEntry[] = [];
  for (;;) {
    const from = all.at(-1)?.id ?? after;
    const page = (await client.get(`/v1/events?after=${from}&limit=1000`)) as { events: readonly JournalEntry[] };
    if (page.events.length === 0) return all;
    all.push(...page.events);
  }
}
