import type { BallotCount } from "./ballot-box.ts";
import { type Blamed, blamedKey, blamedNow } from "./blamed.ts";
import { type Config, configuredTargets } from "./config.ts";
import type { Event } from "./event.ts";
import type { EpochMs } from "./model.ts";
import { majority } from "./quorum.ts";
import { type Tally, tally } from "./tally.ts";
import { type TargetKey, targetKey } from "./target.ts";
import { nextTrip, type Trip } from "./trip.ts";
import { isAlarmOnly, noVerdict, type Verdict, verdict, withOwnTraffic } from "./verdict.ts";
import type { VerdictState, Watch } from "./world.ts";

/**
 * The most that one cycle counts towards a time of health, or of a brake, however far the clock has gone. A cycle comes each
 * 250 ms, so a machine that slept, or a wall clock that steps where nobody measures by another, adds no more than this; raising
 * it lets a step count for more, lowering it makes slow cycles count for less. Unit: milliseconds.
 */
export const cycleMsMax = 5_000;

/** What is true now: every target's verdict from the votes that count, and what changed about our own eyes. */
export function watchVotes(
  watch: Watch,
  config: Config,
  at: { ballots: BallotCount; now: EpochMs; passedMs?: number },
): { watch: Watch; events: Event[] } {
  const verdicts: Record<TargetKey, VerdictState> = {};
  const byDates = at.now - (watch.cycleAt ?? at.now);
  const passedMs = Math.min(Math.max(at.passedMs ?? byDates, 0), cycleMsMax);
  const events: Event[] = vantageEvents(watch, config, at.ballots);
  const votesOn = Map.groupBy(at.ballots.votes, (vote) => vote.target);
  for (const target of configuredTargets(config)) {
    const key = targetKey(target);
    const before = watch.verdicts[key] ?? { verdict: noVerdict, since: at.now, healthyForMs: 0 };
    const counted = tally(votesOn.get(key) ?? [], config.electorate, target.site);
    const hasGateway = config.gateways.some(({ site }) => site === target.site);
    const next = nextState(before, counted, { now: at.now, passedMs, hasGateway });
    verdicts[key] = next;
    const [from, to] = [before.verdict, next.verdict];
    if (from.kind !== to.kind) events.push({ kind: "verdict-changed", target: key, from, to, tally: counted });
  }
  const blamed = blamedNow(config, verdicts);
  events.push(...blameEvents(watch.blamed, blamed));
  const clock = { ...watch.clock, ranMs: watch.clock.ranMs + passedMs };
  return {
    watch: { ...watch, cycleAt: at.now, verdicts, blamed, freshDomains: at.ballots.freshDomains, clock },
    events,
  };
}

/** One target after one more cycle. Looks are weighed against what looks said before, whatever traffic has made of it. */
function nextState(
  before: VerdictState,
  counted: Tally,
  at: { readonly now: EpochMs; readonly passedMs: number; readonly hasGateway: boolean },
): VerdictState {
  const { traffic } = counted;
  const trip = nextTrip(before.trip, traffic, at);
  const byLooks = verdict(counted, before.byLooks ?? before.verdict);
  const badLooks = nextBadLooks(before, byLooks, at.passedMs);
  const next = withOwnTraffic(byLooks, trip);
  return {
    verdict: next,
    since: next.kind === before.verdict.kind ? before.since : at.now,
    healthyForMs: healthyFor(before, next, at.passedMs),
    ...(next === byLooks ? {} : { byLooks }),
    ...(traffic ? { traffic } : {}),
    ...(trip ? { trip } : {}),
    ...(badLooks ? { badLooks } : {}),
  };
}

/** Down, or degraded in a way that moves something. */
const isBad = ({ kind, because }: Verdict): boolean =>
  kind === "down" || (kind === "degraded" && !isAlarmOnly(because));

/**
 * Looks that are bad are told as trips are, to be blamed in the same way. Of what was unknown a moment ago nobody knows when it
 * went bad: an arbiter that has just started would find it all to have done so together.
 */
function nextBadLooks(before: VerdictState, byLooks: Verdict, passedMs: number): Trip | undefined {
  const wasKnown = (before.byLooks ?? before.verdict).kind !== "unknown";
  const said = isBad(byLooks) && (wasKnown || before.badLooks) ? badTraffic : undefined;
  return nextTrip(before.badLooks, said, { passedMs, hasGateway: false });
}
const badTraffic = { state: "tripped", because: "looks" } as const;

/** Each blame is said once, when it comes and when it goes. */
function blameEvents(before: readonly Blamed[], after: readonly Blamed[]): readonly Event[] {
  const [old, young] = [before.map(blamedKey), after.map(blamedKey)];
  return [
    ...after.filter((what) => !old.includes(blamedKey(what))).map((what): Event => ({ kind: "blamed", what })),
    ...before.filter((what) => !young.includes(blamedKey(what))).map((what): Event => ({ kind: "blame-ended", what })),
  ];
}

/** A split vote holds the verdict and proves nothing, so it neither counts nor breaks the time of health. */
function healthyFor(before: VerdictState, next: Verdict, passedMs: number): number {
  if (next.kind !== "healthy" || before.verdict.kind !== "healthy") return 0;
  return next.because === "majority" ? before.healthyForMs + passedMs : before.healthyForMs;
}

function vantageEvents(watch: Watch, config: Config, ballots: BallotCount): Event[] {
  const needed = majority(config.electorate.length);
  const fresh = (domains: readonly string[]): number =>
    config.electorate.filter((domain) => domains.includes(domain)).length;
  const [before, after] = [fresh(watch.freshDomains), fresh(ballots.freshDomains)];
  const lost = watch.freshDomains.filter((domain) => !ballots.freshDomains.includes(domain));
  const back = ballots.freshDomains.filter((domain) => !watch.freshDomains.includes(domain));
  return [
    ...lost.map((domain): Event => ({ kind: "vantage-lost", domain })),
    ...back.map((domain): Event => ({ kind: "vantage-back", domain })),
    ...(before >= needed && after < needed ? [{ kind: "stale-inputs", fresh: after, needed } as const] : []),
    ...(before < needed && after >= needed ? [{ kind: "inputs-fresh", fresh: after } as const] : []),
  ];
}
