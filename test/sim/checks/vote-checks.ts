import { type Config, edgeKey, majority, type Opinion, poolKey, type Report, type TargetKey } from "@sluice/core";
import type { SimulatedProcess } from "@sluice/testkit";
import type { Made } from "../actors/arbiter.ts";
import type { FaultKind } from "../scenario/swarm.ts";
import type { Tallies } from "./tallies.ts";

/** I7 to I11: a second, plain count of the votes that an arbiter was given, by when they were really made. */
export interface VoteChecks {
  arbiterStarted(name: string): void;
  nonceGiven(name: string, agent: string, nonce: string, monoMs: number): void;
  counted(arbiter: SimulatedProcess, made: Made, config: Config): void;
  /** The arbiter counts its votes now. */
  weigh(arbiter: SimulatedProcess, config: Config, revision: number): void;
  /** What came of it: these domains were taken for fresh. */
  foundFresh(arbiter: SimulatedProcess, config: Config, domains: readonly string[]): void;
  /** Why the votes don't bear out leaving that site; undefined when they do. */
  whyNotDown(arbiter: SimulatedProcess, service: string, site: string): string | undefined;
  /** Whether a majority called the site down, and hasn't called it healthy since. */
  isDown(arbiter: string, service: string, site: string): boolean;
}

type Voter = { readonly report: Report; readonly madeAt: number; readonly issuedAt: number };
type Mark = { readonly at: number; readonly oldestVoteMs: number };
type Box = {
  readonly voters: Map<string, Voter>;
  readonly nonces: Map<string, number>;
  readonly down: Map<TargetKey, Mark>;
  fresh: number;
  hasAbstaining: boolean;
  /** Until when, by the arbiter's own clock, a new count would come to the same. */
  validUntil: number;
  revision: number;
};

const freshIntervals = 4;
/** Rates differ by a twentieth at most, and reports travel. */
const slackMs = 700;
/** So much of a suspension an arbiter doesn't notice. */
const unnoticedMs = 1_100;

export function makeVoteChecks(tallies: Tallies, now: () => number, swarm: ReadonlySet<FaultKind>): VoteChecks {
  const boxes = new Map<string, Box>();
  let inForce: Config | undefined;
  const boxOf = (name: string): Box => {
    const known = boxes.get(name);
    if (known) return known;
    const fresh: Box = {
      voters: new Map(),
      nonces: new Map(),
      down: new Map(),
      fresh: 0,
      hasAbstaining: false,
      validUntil: 0,
      revision: 0,
    };
    boxes.set(name, fresh);
    return fresh;
  };
  const defaultTargets = (service: string, site: string): readonly TargetKey[] => {
    const channel = inForce?.services.find(({ name }) => name === service)?.channels[0]?.name ?? "";
    return [edgeKey(site), poolKey(service, channel, site)];
  };
  return {
    arbiterStarted: (name) => void boxes.delete(name),
    nonceGiven: (name, agent, nonce, monoMs) => void boxOf(name).nonces.set(`${agent} ${nonce}`, monoMs),
    counted(arbiter, { report, at, wallError }, config) {
      const { voters, nonces } = boxOf(arbiter.name);
      const before = voters.get(report.agent);
      const who = `${report.agent} at ${arbiter.name}`;
      tallies.demand(
        "I10",
        !before || at > before.madeAt,
        () =>
          `${who}: a report made at ${Math.round(at)} ms replaced one made at ${Math.round(before?.madeAt ?? 0)} ms`,
      );
      const limitMs = config.probes.intervalMs * freshIntervals + slackMs + (swarm.has("suspend") ? unnoticedMs : 0);
      tallies.demand(
        "I7",
        now() - at <= limitMs,
        () => `${who}: a report of ${Math.round(now() - at)} ms ago was counted`,
      );
      if (Math.abs(wallError) > limitMs || Math.abs(arbiter.wallError()) > limitMs) tallies.exercise("I11");
      const issuedAt = Math.max(nonces.get(`${report.agent} ${report.nonce}`) ?? 0, before?.issuedAt ?? 0);
      voters.set(report.agent, { report, madeAt: at, issuedAt });
      boxOf(arbiter.name).validUntil = 0;
    },
    weigh(arbiter, config, revision) {
      inForce = config;
      weigh(boxOf(arbiter.name), config, { now: now(), monoMs: arbiter.clock.monotonicMs(), revision });
    },
    foundFresh: (arbiter, config, domains) =>
      checkFresh(tallies, arbiter, { voters: boxOf(arbiter.name).voters, config, domains }),
    whyNotDown(arbiter, service, site) {
      const box = boxOf(arbiter.name);
      const mark = defaultTargets(service, site)
        .map((key) => box.down.get(key))
        .find(Boolean);
      if (!mark) return `no majority had called ${site} down`;
      if (box.fresh < 2) return `only ${box.fresh} domains had fresh votes`;
      if (box.hasAbstaining) tallies.exercise("I8");
      if ((inForce?.agents.length ?? 0) > 3) tallies.exercise("I9");
      return undefined;
    },
    isDown: (name, service, site) => defaultTargets(service, site).some((key) => boxOf(name).down.has(key)),
  };
}

type Fresh = {
  readonly voters: ReadonlyMap<string, Voter>;
  readonly config: Config;
  readonly domains: readonly string[];
};

function checkFresh(tallies: Tallies, arbiter: SimulatedProcess, { voters, config, domains }: Fresh): void {
  const monoMs = arbiter.clock.monotonicMs();
  for (const domain of domains) {
    const own = config.agents.filter(({ site }) => site === domain);
    const ageMs = monoMs - Math.max(...own.map(({ name }) => voters.get(name)?.issuedAt ?? 0));
    const isFresh = ageMs <= config.probes.intervalMs * freshIntervals + 1;
    tallies.demand("I7", isFresh, () => `${arbiter.name} counts a vote of ${domain} that is ${ageMs} ms old`);
  }
}

type At = { readonly now: number; readonly monoMs: number; readonly revision: number };

/** Marks each target that a majority calls down, until a majority calls it better or too few are left to say. */
function weigh(box: Box, config: Config, at: At): void {
  if (at.monoMs <= box.validUntil && box.revision === at.revision) return;
  const needed = majority(config.electorate.length);
  const ageMaxMs = config.probes.intervalMs * freshIntervals;
  const fresh = config.agents.flatMap(({ name, site }) => {
    const voter = box.voters.get(name);
    if (!voter || at.monoMs - voter.issuedAt > ageMaxMs || voter.report.configRevision !== at.revision) return [];
    return [{ site, voter }];
  });
  box.validUntil = Math.min(...fresh.map(({ voter }) => voter.issuedAt + ageMaxMs), at.monoMs + ageMaxMs);
  box.revision = at.revision;
  const sure = fresh.filter(({ voter }) => voter.report.selfCheck.kind === "ok");
  box.hasAbstaining = sure.length < config.agents.length;
  const domains = new Set(sure.map(({ site }) => site));
  box.fresh = domains.size;
  if (domains.size < needed) {
    box.down.clear();
    return;
  }
  const said = new Map<TargetKey, Map<string, Opinion[]>>();
  for (const { site, voter } of sure)
    for (const { target, opinion } of voter.report.votes) {
      const byDomain = said.get(target) ?? new Map<string, Opinion[]>();
      byDomain.set(site, [...(byDomain.get(site) ?? []), opinion]);
      said.set(target, byDomain);
    }
  const oldest = Math.max(...sure.map(({ voter }) => at.now - voter.madeAt));
  for (const [target, byDomain] of said)
    markTarget(box, { target, byDomain, needed, mark: { at: at.now, oldestVoteMs: oldest } });
}

type Marking = {
  readonly target: TargetKey;
  readonly byDomain: ReadonlyMap<string, readonly Opinion[]>;
  readonly needed: number;
  readonly mark: Mark;
};

function markTarget(box: Box, { target, byDomain, needed, mark }: Marking): void {
  const ownSite = target.slice(Math.max(target.lastIndexOf("@"), target.lastIndexOf(":")) + 1);
  let [down, outside, degraded, healthy, known] = [0, 0, 0, 0, 0];
  for (const [domain, opinions] of byDomain) {
    if (opinions.some((opinion) => opinion !== "unknown")) known += 1;
    if (opinions.includes("healthy")) healthy += 1;
    else if (opinions.includes("degraded")) degraded += 1;
    else if (opinions.includes("down")) {
      down += 1;
      if (domain !== ownSite) outside += 1;
    }
  }
  const isBetter = healthy >= needed || (degraded >= 1 && degraded + down >= needed);
  if (down >= needed && outside >= 1) box.down.set(target, mark);
  else if (known < needed || isBetter) box.down.delete(target);
}
