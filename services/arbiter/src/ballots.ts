import { parseReport } from "@sluice/contract";
import {
  type BallotBox,
  type BallotCount,
  type Config,
  countBallots,
  type Envelope,
  type Event,
  epochMs,
  freshMs,
  issueNonce,
  lastVote,
  newBallotBox,
  type Report,
  receive,
  type SiteName,
  SluiceError,
  sendsElsewhere,
  type TargetKey,
  type Vote,
  type WhyNotCounted,
  whyAgentNotCounted,
} from "@sluice/core";
import type { Clock } from "@sluice/ports";
import type { Keyring } from "@sluice/runtime";
import { inShort } from "./in-short.ts";
import type { ArbiterMetrics } from "./metrics.ts";
import type { SuspicionBoard } from "./suspicion-board.ts";

/** What the two clocks may come apart by from one look to the next. Unit: milliseconds. */
const clockGapMaxMs = 1_000;

export type ReportReply = {
  readonly kind: "counted" | "refused";
  readonly because?: string;
  readonly nonce: string;
  /** The number of the report that was counted, so that the next may say only what is new since. */
  readonly holds?: number;
};

/** The box with its door: signatures, nonces and the clock. The arithmetic is the core's. */
export interface Ballots {
  take(envelope: Envelope, config: Config): ReportReply;
  count(config: Config, configRevision: number): BallotCount;
  /** The domains that have a fresh vote. Who asks only for these acts on no vote. */
  freshDomains(config: Config, configRevision: number): readonly string[];
  whyNotCounted(agent: string, config: Config, configRevision: number): WhyNotCounted | undefined;
  voteOf(agent: string, target: string): ReturnType<typeof lastVote>;
}

type Deps = {
  readonly name: string;
  readonly clock: Clock;
  readonly keyring: Keyring;
  readonly board: SuspicionBoard;
  readonly metrics: ArbiterMetrics;
  readonly newNonce: () => string;
  /** Called for each change of a vote, so that the loop need not wait for its next turn. */
  readonly onChange: (events: readonly Event[]) => void;
};

export function makeBallots(deps: Deps): Ballots {
  let box: BallotBox = newBallotBox(deps.name);
  let gapMs = deps.clock.wallMs() - deps.clock.monotonicMs();
  const at = (config: Config, configRevision: number) => ({
    now: deps.clock.monotonicMs(),
    ageMaxMs: freshMs(config),
    configRevision,
  });

  /**
   * While a machine is suspended its monotonic clock stands still, and only the wall clock tells. Every vote from before may be
   * old then, so none counts, nor does any nonce; a wall clock that was set costs a second of the same.
   */
  function forgetSuspended(): void {
    const before = gapMs;
    gapMs = deps.clock.wallMs() - deps.clock.monotonicMs();
    // The numbers of changes go on, or who counted before would take new reports for those it has counted.
    if (Math.abs(gapMs - before) > clockGapMaxMs)
      box = { ...newBallotBox(deps.name), changes: { version: box.changes.version + 1, recent: [] } };
  }

  return {
    take(envelope, config) {
      forgetSuspended();
      const report = openReport(deps, envelope, config);
      const before = box;
      const received = receive(box, report, { now: deps.clock.monotonicMs(), ageMaxMs: freshMs(config) });
      if (received.kind === "counted") box = received.box;
      deps.metrics.reports.inc({ result: received.kind === "counted" ? "counted" : received.because });
      const nonce = deps.newNonce();
      box = issueNonce(box, report.agent, { nonce, now: deps.clock.monotonicMs() });
      if (received.kind === "refused") return { kind: "refused", because: received.because, nonce };
      const site = config.agents.find(({ name }) => name === report.agent)?.site ?? "";
      const events = inShort(changes(before, report, site));
      deps.board.post(report.agent, newlySuspected(before, report));
      if (events.length > 0 || !before.agents[report.agent]?.report) deps.onChange(events);
      return { kind: "counted", nonce, holds: report.seq };
    },
    freshDomains(config, configRevision) {
      forgetSuspended();
      return countBallots(box, config.agents, at(config, configRevision)).freshDomains;
    },
    count(config, configRevision) {
      forgetSuspended();
      return countBallots(box, config.agents, at(config, configRevision));
    },
    whyNotCounted: (agent, config, configRevision) => whyAgentNotCounted(box, agent, at(config, configRevision)),
    voteOf: (agent, target) => lastVote(box, agent, target),
  };
}

/** Who says so, and is it theirs to say? Anything wrong here is refused with a code, counted, and changes nothing. */
function openReport(deps: Deps, envelope: Envelope, config: Config): Report {
  const refuse = (because: string): SluiceError => {
    deps.metrics.reports.inc({ result: because });
    return new SluiceError("VOTE_REFUSED", `the report was not counted: ${because}`, {
      hint: "Check the agent's key, its entry in the keyset, and its name in the configuration.",
    });
  };
  const opened = deps.keyring.open("report", envelope, "agent");
  if (opened.kind === "refused") throw refuse(opened.because);
  const report = parseReport(opened.value);
  if (!report) throw refuse("not-a-report");
  if (report.agent !== opened.name) throw refuse("signed-by-another");
  const configured = config.agents.find((agent) => agent.name === report.agent);
  if (!configured) throw refuse("unknown-agent");
  if (configured.site !== opened.site) throw refuse("other-site");
  return report;
}

const newlySuspected = (before: BallotBox, { agent, votes }: Report): readonly TargetKey[] =>
  votes
    .filter(({ target, suspect }) => suspect && lastVote(before, agent, target)?.suspect !== true)
    .map(({ target }) => target);

/** What this report of an agent of `site` says that the agent's last one did not. */
function changes(before: BallotBox, report: Report, site: SiteName): Event[] {
  return report.votes.flatMap((vote): Event[] => {
    const earlier = lastVote(before, report.agent, vote.target);
    const from = earlier?.opinion ?? "unknown";
    const { target } = vote;
    const turned: Event[] = [
      ...(from === vote.opinion
        ? []
        : [{ kind: "vote-changed", target, agent: report.agent, from, to: vote.opinion } as const]),
      ...(target.endsWith(`@${site}`) ? trafficChanges(report.agent, earlier, vote) : []),
    ];
    if (!vote.suspect || earlier?.suspect || vote.failingSince === undefined) return turned;
    const detail = vote.detail ?? "";
    return [
      ...turned,
      { kind: "suspected", target, agent: report.agent, failingSince: epochMs(vote.failingSince), detail },
    ];
  });
}

/** Only what sends users elsewhere, or ceases to, is an event: a pool with few requests changes between the others all day. */
function trafficChanges(agent: string, earlier: Vote | undefined, { target, traffic }: Vote): Event[] {
  const from = earlier?.traffic?.state;
  if (!traffic || traffic.state === from) return [];
  const { state: to, because } = traffic;
  if (!sendsElsewhere(to) && (from === undefined || !sendsElsewhere(from))) return [];
  return [{ kind: "traffic-changed", target, agent, ...(from === undefined ? {} : { from }), to, because }];
}
