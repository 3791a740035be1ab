import type { JournalEntry } from "@sluice/core";
import type { ServerPoll } from "@sluice/lab";
import { type Fault, home } from "./fault.ts";

export type Judged = {
  readonly entries: readonly JournalEntry[];
  readonly servers: readonly ServerPoll[];
  readonly before: { readonly polled: readonly ServerPoll[]; readonly at: number };
};

/** What the answers and the journal say against it. */
export function judge({ expect }: Pick<Fault, "expect">, { entries, servers, before }: Judged): readonly string[] {
  const wrong: string[] = [];
  for (const { server, counts } of servers) {
    const earlier = before.polled.find((poll) => poll.server === server)?.counts;
    for (const kind of ["empty", "servfail", "mixed"] as const) {
      const count = counts[kind] - (earlier?.[kind] ?? 0);
      if (count > 0) wrong.push(`${server} gave ${count} answers that were ${kind}`);
    }
  }
  const moves = entries.filter(({ event }) => event.kind === "decided");
  wrong.push(...moves.flatMap((entry) => whyNotEvacuate(entry, entries) ?? []));
  // Where nothing should move nobody waits for an answer, and silence isn't steadiness.
  if (expect.kind !== "moves") wrong.push(...silentIn({ servers, before }));
  if (expect.kind === "calm" && moves.length > expect.movesMax)
    wrong.push(`${moves.length} moves, at most ${expect.movesMax} should be`);
  if (expect.kind === "moves" && moves.length !== (expect.moves ?? 1))
    wrong.push(`${moves.length} moves, and ${expect.moves ?? 1} should be`);
  if (expect.kind !== "stays") return wrong;
  const { at: place = home } = expect;
  const isAway = (change: ServerPoll["changes"][number]): boolean =>
    change.at >= before.at && change.kind === "answers" && change.sites.join() !== place;
  if (moves.length > 0) wrong.push(`${moves.length} moves, and none should be`);
  const away = servers.filter(({ changes }) => changes.some(isAway));
  return [...wrong, ...away.map(({ server }) => `${server} answered something else`)];
}

/** What has not answered once since the fault, not even healed. */
const silentIn = ({ servers, before }: Pick<Judged, "servers" | "before">): readonly string[] =>
  servers.flatMap(({ server, counts }) => {
    const earlier = before.polled.find((poll) => poll.server === server)?.counts.answers ?? 0;
    return counts.answers > earlier ? [] : [`${server} answered nothing at all`];
  });

/** I7: a site is left as dead only when a majority has said so before, as the journal has it. */
function whyNotEvacuate({ at, event }: JournalEntry, entries: readonly JournalEntry[]): string | undefined {
  if (event.kind !== "decided" || event.decision.cause.kind !== "evacuate") return undefined;
  const { site } = event.decision.cause;
  const isSaid = entries.some(
    (entry) =>
      entry.at <= at &&
      entry.event.kind === "verdict-changed" &&
      (entry.event.target === `edge:${site}` || entry.event.target.endsWith(`@${site}`)) &&
      entry.event.to.kind === "down" &&
      entry.event.tally.down * 2 > entry.event.tally.electorate,
  );
  return isSaid ? undefined : `I7: ${site} was evacuated, and no majority had called it down`;
}

export function decisionsIn(entries: readonly JournalEntry[]): readonly string[] {
  return entries.flatMap(({ event }) => {
    if (event.kind !== "decided") return [];
    const { cause, from, to } = event.decision;
    const sites = (place: typeof from): string =>
      place.kind === "sites" ? place.shares.map(({ site }) => site).join("+") : place.kind;
    return [`${sites(from)} → ${sites(to)} (${cause.kind})`];
  });
}
