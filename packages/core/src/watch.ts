import { type BallotCount, countedOf, freshMs, touchedSince, votesOn } from "./ballot-count.ts";
import { type Blamed, blamedKey, blamedNow, isBlamedAlike } from "./blamed.ts";
import type { Config } from "./config.ts";
import { indexOf } from "./config-index.ts";
import type { Event } from "./event.ts";
import type { EpochMs } from "./model.ts";
import { majority } from "./quorum.ts";
import { isSuspected } from "./suspicion.ts";
import { valueOf, withValues } from "./table.ts";
import { type Tally, tally } from "./tally.ts";
import type { Target } from "./target.ts";
import type { Traffic } from "./traffic/combine-traffic.ts";
import { endsAfterMs, nextTrip, type Trip } from "./trip.ts";
import { isAlarmOnly, noVerdict, type Verdict, verdict, withOwnTraffic, withWarming } from "./verdict.ts";
import { type Counted, type Durable, healthyForMs, type VerdictState, type Watch, type Well } from "./world.ts";

/**
 * The most that one cycle counts towards a time of health, or of a brake, however far the clock has gone. A cycle comes each
 * 250 ms, so a machine that slept, or a wall clock that steps where nobody measures by another, adds no more than this; raising
 * it lets a step count for more, lowering it makes slow cycles count for less. Unit: milliseconds.
 */
export const cycleMsMax = 5_000;

/** Rounding must not put a look off by a cycle. Unit: milliseconds. */
export const earlyMs = 1;

/** What is true now: every target's verdict from the votes that count, and what changed about our own eyes. */
export function watchVotes(
  watch: Watch,
  config: Config,
  at: { ballots: BallotCount; now: EpochMs; passedMs?: number; services?: Durable["services"] },
): { watch: Watch; events: Event[]; changed: readonly Target[] } {
  const { ballots, now } = at;
  const byDates = now - (watch.cycleAt ?? now);
  const sinceMs = Math.max(at.passedMs ?? byDates, 0);
  const passedMs = Math.min(sinceMs, cycleMsMax);
  const isPast = sinceMs > Math.max(freshMs(config), cycleMsMax);
  const clock = { ...watch.clock, ranMs: watch.clock.ranMs + passedMs };
  const { services = {} } = at;
  const looked = lookAt(watch, config, { ballots, now, passedMs, isPast, ranMs: clock.ranMs, services });
  const found = looked.isBlameNew ? blamedNow(config, looked.verdicts) : watch.blamed;
  const blamed = JSON.stringify(found) === JSON.stringify(watch.blamed) ? watch.blamed : found;
  const { verdicts, counted, changed } = looked;
  return {
    watch: { ...watch, cycleAt: now, verdicts, blamed, freshDomains: ballots.freshDomains, clock, counted },
    events: [...vantageEvents(watch, config, ballots), ...looked.events, ...blameEvents(watch.blamed, blamed)],
    changed,
  };
}

type Looking = {
  readonly ballots: BallotCount;
  readonly now: EpochMs;
  readonly passedMs: number;
  /** The last cycle is so long ago that no vote of then would count any more: a split vote doesn't leave things as they were. */
  readonly isPast: boolean;
  readonly ranMs: number;
  readonly services: Durable["services"];
};
type Looked = {
  readonly verdicts: Watch["verdicts"];
  readonly counted: Counted;
  readonly events: readonly Event[];
  readonly changed: readonly Target[];
  readonly isBlameNew: boolean;
};

/**
 * Looks at the targets of which something may be new. The others would come out as they are: the same votes on the same state
 * give the same state again, once they have done so.
 */
function lookAt(watch: Watch, config: Config, at: Looking): Looked {
  const { targets, keys, gatewaySites } = indexOf(config);
  const table = tableFor(watch, config, at);
  const events: Event[] = [];
  const changes = new Map<number, VerdictState>();
  const changed: Target[] = [];
  const restless: number[] = [];
  const ends = new Map<number, number | undefined>();
  let isBlameNew = table !== watch.verdicts;
  for (const place of placesToLookAt(watch.counted, config, at)) {
    const [target, key, before] = [targets[place], keys[place], table.values[place]];
    if (!target || key === undefined || !before) continue;
    const votes = votesOn(at.ballots, key);
    const counted = tally(votes, config.electorate, target.site);
    const [hasGateway, isDoubted] = [gatewaySites.has(target.site), isSuspected(votes, config.electorate)];
    const next = nextState(before, counted, { ...at, target, hasGateway, isDoubted });
    ends.set(place, endOf(next));
    if (next === before) continue;
    restless.push(place);
    changes.set(place, next);
    if (!isOnlySuspected(before, next)) changed.push(target);
    isBlameNew ||= !isBlamedAlike(before, next);
    const [from, to] = [before.verdict, next.verdict];
    if (from.kind !== to.kind) events.push({ kind: "verdict-changed", target: key, from, to, tally: counted });
  }
  const { agents, version } = countedOf(at.ballots);
  return {
    verdicts: withValues(table, changes),
    counted: { config, agents, version, restless, endingAtMs: endingAfter(watch.counted, config, ends) },
    events,
    changed,
    isBlameNew,
  };
}

/** The verdicts so far, at the places of this configuration. Of a new target nothing is known, but that a pool in quarantine was left. */
function tableFor({ verdicts, counted }: Watch, config: Config, { now, ranMs, services }: Looking): Watch["verdicts"] {
  if (counted?.config === config) return verdicts;
  const { places, targets } = indexOf(config);
  const unseen: VerdictState = { verdict: noVerdict, since: now, well: { forMs: 0, atMs: ranMs } };
  const wasLeft = (target: Target | undefined): boolean =>
    target?.kind === "pool" && (services[target.service]?.quarantine ?? []).some(({ site }) => site === target.site);
  const fresh = (place: number): VerdictState => (wasLeft(targets[place]) ? { ...unseen, wasWell: true } : unseen);
  return { places, values: [...places].map(([key, place]) => valueOf(verdicts, key) ?? fresh(place)) };
}

/** In the order of the configuration. All of them, where nobody says of which the votes may have changed. */
function placesToLookAt(
  counted: Counted | undefined,
  config: Config,
  { ballots, ranMs, isPast }: Looking,
): Iterable<number> {
  const { places } = indexOf(config);
  const touched = counted?.config === config ? touchedSince(ballots, counted) : undefined;
  if (!counted || !touched || isPast) return places.values();
  const all = new Set(counted.restless);
  for (const [place, atMs] of counted.endingAtMs) if (atMs <= ranMs + earlyMs) all.add(place);
  for (const key of touched) {
    const place = places.get(key);
    if (place !== undefined) all.add(place);
  }
  return [...all].sort((one, other) => one - other);
}

/** When a trip that is over is forgotten, which no vote brings about. */
function endOf({ trip, badLooks }: VerdictState): number | undefined {
  const ends = [trip, badLooks].flatMap((each) => endsAfterMs(each) ?? []);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function endingAfter(
  counted: Counted | undefined,
  config: Config,
  ends: ReadonlyMap<number, number | undefined>,
): Counted["endingAtMs"] {
  const before = counted?.config === config ? counted.endingAtMs : new Map<number, number>();
  if ([...ends].every(([place, atMs]) => before.get(place) === atMs)) return before;
  const after = new Map(before);
  for (const [place, atMs] of ends) {
    if (atMs === undefined) after.delete(place);
    else after.set(place, atMs);
  }
  return after;
}

type Now = {
  readonly now: EpochMs;
  readonly ranMs: number;
  readonly passedMs: number;
  readonly isPast: boolean;
  readonly hasGateway: boolean;
  readonly isDoubted: boolean;
};

/** One target after one more cycle, the same value if nothing is new. Looks are weighed against what looks said before, whatever traffic has made of it. */
function nextState(before: VerdictState, counted: Tally, at: Now & { readonly target: Target }): VerdictState {
  const traffic = sameTraffic(before.traffic, counted.traffic) ? before.traffic : counted.traffic;
  const trip = nextTrip(before.trip, traffic, at);
  const lookedBefore = at.isPast ? noVerdict : (before.byLooks ?? before.verdict);
  const looks = verdict(counted, lookedBefore);
  const isPool = at.target.kind === "pool";
  const wasWell = before.wasWell === true || (isPool && looks.kind === "healthy");
  const byLooks = sameVerdict(lookedBefore, withWarming(looks, wasWell || !isPool));
  const badLooks = nextBadLooks(before, byLooks, at);
  const withOwn = withOwnTraffic(byLooks, trip);
  const next = sameVerdict(before.verdict, withOwn);
  const well = nextWell(before, next, at);
  const suspectedAtMs = at.isDoubted ? (before.suspectedAtMs ?? at.ranMs) : undefined;
  const shown = withOwn === byLooks ? undefined : byLooks;
  const isSame =
    next === before.verdict &&
    shown === before.byLooks &&
    well === before.well &&
    suspectedAtMs === before.suspectedAtMs &&
    wasWell === (before.wasWell === true);
  if (isSame && traffic === before.traffic && trip === before.trip && badLooks === before.badLooks) return before;
  return {
    verdict: next,
    since: next.kind === before.verdict.kind ? before.since : at.now,
    well,
    ...(wasWell ? { wasWell: true } : {}),
    ...(shown ? { byLooks: shown } : {}),
    ...(traffic ? { traffic } : {}),
    ...(trip ? { trip } : {}),
    ...(badLooks ? { badLooks } : {}),
    ...(suspectedAtMs === undefined ? {} : { suspectedAtMs }),
  };
}

/** A suspicion moves nothing: it only holds moves, and a service that is held is looked at in each cycle anyway. */
function isOnlySuspected(before: VerdictState, next: VerdictState): boolean {
  const { suspectedAtMs: _before, ...one } = before;
  const { suspectedAtMs: _next, ...other } = next;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof typeof one>;
  return [...keys].every((key) => one[key] === other[key]);
}

const sameTraffic = (one: Traffic | undefined, other: Traffic | undefined): boolean =>
  one?.state === other?.state && one?.because === other?.because;

/** The verdict before, where the new one says the same. */
const sameVerdict = (before: Verdict, next: Verdict): Verdict =>
  before.kind === next.kind && before.because === next.because ? before : next;

/** Down, or degraded in a way that moves something. */
const isBad = ({ kind, because }: Verdict): boolean =>
  kind === "down" || (kind === "degraded" && !isAlarmOnly(because));

/**
 * Looks that are bad are told as trips are, to be blamed in the same way. Of what was unknown a moment ago nobody knows when it
 * went bad: an arbiter that has just started would find it all to have done so together.
 */
function nextBadLooks(before: VerdictState, byLooks: Verdict, at: Now): Trip | undefined {
  const wasKnown = (before.byLooks ?? before.verdict).kind !== "unknown";
  const said = isBad(byLooks) && (wasKnown || before.badLooks) ? badTraffic : undefined;
  return nextTrip(before.badLooks, said, { ...at, hasGateway: false });
}
const badTraffic = { state: "tripped", because: "looks" } as const;

/** A split vote neither counts nor breaks the time of health. */
function nextWell(before: VerdictState, next: Verdict, { ranMs, passedMs }: Now): Well {
  const ranBeforeMs = ranMs - passedMs;
  if (before.verdict.kind !== "healthy" || next.kind !== "healthy")
    return next.kind === before.verdict.kind ? before.well : { forMs: 0, atMs: ranMs };
  if (next.because === before.verdict.because) return before.well;
  const forMs = healthyForMs(before, ranBeforeMs);
  return next.because === "majority" ? { forMs: forMs + passedMs, atMs: ranMs } : { forMs, atMs: ranMs };
}

/** Each blame is said once, when it comes and when it goes. */
function blameEvents(before: readonly Blamed[], after: readonly Blamed[]): readonly Event[] {
  const [old, young] = [before.map(blamedKey), after.map(blamedKey)];
  return [
    ...after.filter((what) => !old.includes(blamedKey(what))).map((what): Event => ({ kind: "blamed", what })),
    ...before.filter((what) => !young.includes(blamedKey(what))).map((what): Event => ({ kind: "blame-ended", what })),
  ];
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
