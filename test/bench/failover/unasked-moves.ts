import type { ArbiterClient } from "@sluice/cli";
import type { Decision, EpochMs, JournalEntry } from "@sluice/core";

type Span = { readonly from: EpochMs; readonly until: EpochMs };

/** The moves in the journal that no fault of ours and no operator asked for. */
export async function unaskedMoves(client: ArbiterClient, faults: readonly Span[]): Promise<readonly Decision[]> {
  const decisions: Decision[] = [];
  let after = 0;
  for (;;) {
    const page = (await client.get(`/v1/events?after=${after}&limit=1000`)) as { events: readonly JournalEntry[] };
    if (page.events.length === 0) return decisions.filter((decision) => !isAskedFor(decision, faults));
    after = page.events.at(-1)?.id ?? after;
    decisions.push(...page.events.flatMap(({ event }) => (event.kind === "decided" ? [event.decision] : [])));
  }
}

function isAskedFor({ cause, at }: Decision, faults: readonly Span[]): boolean {
  if (cause.kind === "failback" || cause.kind === "operator") return true;
  return (
    cause.kind === "evacuate" && cause.site === "site-a" && faults.some(({ from, until }) => at >= from && at <= until)
  );
}
