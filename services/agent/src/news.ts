import type { Report, Vote } from "@sluice/core";

/** What an arbiter says it holds of the agent: the number of a report, and all the votes that it came to. */
export type Held = { readonly seq: number; readonly configRevision: number; readonly votes: readonly Vote[] };

/**
 * The votes as they travel: those that have changed since what the arbiter holds, or all where that isn't known, or the targets
 * have become others. An agent of thirty thousand targets then says nothing of those of which nothing is new.
 */
export function newsSince(held: Held | undefined, now: Omit<Held, "seq">): Pick<Report, "votes" | "since"> {
  const { votes } = now;
  if (held?.configRevision !== now.configRevision || held.votes.length !== votes.length) return { votes };
  if (votes.some(({ target }, at) => target !== held.votes[at]?.target)) return { votes };
  return { since: held.seq, votes: votes.filter((vote, at) => !isSame(vote, held.votes[at])) };
}

const isSame = (one: Vote, other: Vote | undefined): boolean =>
  one.opinion === other?.opinion &&
  one.suspect === other.suspect &&
  one.failingSince === other.failingSince &&
  one.detail === other.detail &&
  one.traffic?.state === other.traffic?.state &&
  one.traffic?.because === other.traffic?.because;
