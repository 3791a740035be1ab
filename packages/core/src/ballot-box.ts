import type { BallotCount, Cast, VoteChanges } from "./ballot-count.ts";
import { type AgentName, type MonoMs, monoMs, type SiteName } from "./model.ts";
import { changedKeys, emptyTable, type Table, tableOf, valueOf, withValues } from "./table.ts";
import type { TargetKey } from "./target.ts";
import type { Report, Vote } from "./vote.ts";

/**
 * Where one arbiter keeps the reports it was sent, and decides which still count.
 *
 * A report's age counts from when this arbiter *issued* the nonce in it, on its own monotonic clock. So a report that was
 * held up on the way, buffered while the arbiter was paused, or replayed from an earlier boot is old whatever any wall clock
 * says. The agent's clock is never asked.
 */
export type BallotBox = {
  /** This arbiter's name: reports made for another are refused. */
  readonly arbiter: string;
  readonly agents: Readonly<Record<AgentName, AgentBallot>>;
  readonly changes: VoteChanges;
};

type AgentBallot = {
  /** The latest nonces issued, newest last, at most `noncesMax`. */
  readonly nonces: readonly { readonly nonce: string; readonly issuedAt: MonoMs }[];
  readonly bootId: string;
  readonly seq: number;
  /** When the newest nonce among the counted reports was issued. */
  readonly issuedAt: MonoMs;
  /** The last one that was counted, and what it and those that it builds on say. */
  readonly report: Omit<Report, "votes" | "since"> | undefined;
  readonly votes: Table<Vote>;
};

const noncesMax = 16;
/** Reports whose changes are remembered. There are some five between two cycles; who missed more looks at everything. */
const changesMax = 32;

export type ReceiveResult =
  | { readonly kind: "counted"; readonly box: BallotBox }
  | { readonly kind: "refused"; readonly because: "wrong-arbiter" | "unknown-nonce" | "old-nonce" | "old-seq" | "gap" };

export const newBallotBox = (arbiter: string): BallotBox => ({
  arbiter,
  agents: {},
  changes: { version: 0, recent: [] },
});

const emptyBallot = (): AgentBallot => ({
  nonces: [],
  bootId: "",
  seq: -1,
  issuedAt: monoMs(0),
  report: undefined,
  votes: emptyTable,
});

/** The box after giving `agent` a nonce; the caller drew it at random. */
export function issueNonce(box: BallotBox, agent: AgentName, issued: { nonce: string; now: MonoMs }): BallotBox {
  const ballot = box.agents[agent] ?? emptyBallot();
  const nonces = [...ballot.nonces, { nonce: issued.nonce, issuedAt: issued.now }].slice(-noncesMax);
  return { ...box, agents: { ...box.agents, [agent]: { ...ballot, nonces } } };
}

/** Takes a report whose signature and agent the caller has checked. `ageMaxMs` is the age at which a vote stops counting. */
export function receive(box: BallotBox, report: Report, at: { now: MonoMs; ageMaxMs: number }): ReceiveResult {
  if (report.arbiter !== box.arbiter) return { kind: "refused", because: "wrong-arbiter" };
  const ballot = box.agents[report.agent] ?? emptyBallot();
  const issued = ballot.nonces.find((entry) => entry.nonce === report.nonce);
  if (!issued || report.nonce === "") return { kind: "refused", because: "unknown-nonce" };
  if (at.now - issued.issuedAt > at.ageMaxMs) return { kind: "refused", because: "old-nonce" };
  if (isOverrun(ballot, report, issued.issuedAt)) return { kind: "refused", because: "old-seq" };
  const said = votesAfter(ballot, report);
  if (!said) return { kind: "refused", because: "gap" };
  const { votes, touched } = said;
  // Within a boot reports are numbered, so one with an older nonce was made after the one before it all the same.
  const issuedAt = monoMs(Math.max(issued.issuedAt, ballot.issuedAt));
  const { votes: _votes, since: _since, ...head } = report;
  const next = { ...ballot, bootId: report.bootId, seq: report.seq, issuedAt, report: head, votes };
  const agents = { ...box.agents, [report.agent]: next };
  return { kind: "counted", box: { ...box, agents, changes: noteChanges(box.changes, touched) } };
}

type Said = { readonly votes: Table<Vote>; readonly touched: readonly TargetKey[] };

/** What the agent says by this report. One that says only what is new since another must find just that one; undefined when it doesn't. */
function votesAfter({ report, votes: before }: AgentBallot, next: Report): Said | undefined {
  if (next.since === undefined) {
    const votes = tableOf(next.votes.map((vote) => [vote.target, vote]));
    return { votes, touched: changedKeys(before, votes, isCountedAlike) };
  }
  const { since, bootId, configRevision } = next;
  if (report?.bootId !== bootId || report.seq !== since || report.configRevision !== configRevision) return undefined;
  const changes = new Map<number, Vote>();
  const touched: TargetKey[] = [];
  for (const vote of next.votes) {
    const place = before.places.get(vote.target);
    const held = place === undefined ? undefined : before.values[place];
    if (place === undefined || !held) return undefined;
    changes.set(place, vote);
    if (!isCountedAlike(held, vote)) touched.push(vote.target);
  }
  return { votes: withValues(before, changes), touched };
}

function noteChanges({ version, recent }: VoteChanges, touched: readonly TargetKey[]): VoteChanges {
  if (touched.length === 0) return { version, recent };
  return { version: version + 1, recent: [...recent, touched].slice(-changesMax) };
}

/** What is for people only changes no count. */
const isCountedAlike = (one: Vote, other: Vote): boolean =>
  one.opinion === other.opinion &&
  one.suspect === other.suspect &&
  one.traffic?.state === other.traffic?.state &&
  one.traffic?.because === other.traffic?.because;

/** A report of another boot needs a nonce newer than any counted: then an earlier boot, which never got it, cannot come back. */
function isOverrun(ballot: AgentBallot, report: Report, issuedAt: MonoMs): boolean {
  if (!ballot.report) return false;
  return report.bootId === ballot.bootId ? report.seq <= ballot.seq : issuedAt <= ballot.issuedAt;
}

/** The votes that count now. Stale, abstaining and differently configured agents simply cast none, which tallies as unknown. */
export function countBallots(
  box: BallotBox,
  agents: readonly { readonly name: AgentName; readonly site: SiteName }[],
  at: { now: MonoMs; ageMaxMs: number; configRevision: number },
): BallotCount {
  const casts = agents.flatMap((agent): Cast[] => {
    const ballot = box.agents[agent.name];
    if (!ballot?.report || whyNotCounted(ballot, ballot.report, at) !== undefined) return [];
    return [{ agent: agent.name, domain: agent.site, votes: ballot.votes }];
  });
  return { casts, freshDomains: [...new Set(casts.map(({ domain }) => domain))], changes: box.changes };
}

export type WhyNotCounted = "silent" | "stale" | "other-revision" | "cut-off" | "stalled" | "starting";

/** Why an agent's last report does not count now, for `status` and `explain`; undefined when it does. */
export function whyAgentNotCounted(
  box: BallotBox,
  agent: AgentName,
  at: { now: MonoMs; ageMaxMs: number; configRevision: number },
): WhyNotCounted | undefined {
  const ballot = box.agents[agent];
  return ballot?.report ? whyNotCounted(ballot, ballot.report, at) : "silent";
}

function whyNotCounted(
  ballot: AgentBallot,
  report: Pick<Report, "configRevision" | "selfCheck">,
  at: { now: MonoMs; ageMaxMs: number; configRevision: number },
): WhyNotCounted | undefined {
  if (at.now - ballot.issuedAt > at.ageMaxMs) return "stale";
  if (report.configRevision !== at.configRevision) return "other-revision";
  return report.selfCheck.kind === "ok" ? undefined : report.selfCheck.because;
}

/** The last vote of `agent` on `target`, fresh or not, for timelines and `explain`. */
export function lastVote(box: BallotBox, agent: AgentName, target: TargetKey): Vote | undefined {
  const votes = box.agents[agent]?.votes;
  return votes && valueOf(votes, target);
}
