import type { PollChange, ServerPoll } from "./recorder.ts";

/**
 * Since when this server has answered nothing but addresses of `site`: monotonic milliseconds, or undefined while it doesn't.
 * Silence in between changes nothing, since it gives nobody another address; an empty or failed answer does.
 */
export function settledAt(poll: ServerPoll, site: string): number | undefined {
  let since: number | undefined;
  for (const change of poll.changes) {
    if (change.kind === "timeout" || change.kind === "truncated") continue;
    since = sitesKey(change) === site ? (since ?? change.at) : undefined;
  }
  return since;
}

/** The longest time that two servers answered with different sites at once, up to `until`. Unit: milliseconds. */
export function longestSplitMs(polls: readonly ServerPoll[], until: number): number {
  const turns = polls.flatMap(({ server, changes }) => changes.map((change) => ({ server, change })));
  turns.sort((one, other) => one.change.at - other.change.at);
  const answered = new Map<string, string>();
  let splitSince: number | undefined;
  let longest = 0;
  for (const { server, change } of turns.filter((turn) => turn.change.at <= until)) {
    const sites = sitesKey(change);
    // A server that doesn't answer contradicts nobody.
    if (sites === undefined) answered.delete(server);
    else answered.set(server, sites);
    const isSplit = new Set(answered.values()).size > 1;
    if (splitSince !== undefined) longest = Math.max(longest, change.at - splitSince);
    splitSince = isSplit ? (splitSince ?? change.at) : undefined;
  }
  return splitSince === undefined ? longest : Math.max(longest, until - splitSince);
}

const sitesKey = (change: PollChange): string | undefined =>
  change.kind === "answers" ? change.sites.join("+") : undefined;
