import fc from "fast-check";
import type { Ask, Command } from "./command.ts";
import type { Config, ServiceConfig } from "./config.ts";
import {
  type Ballots,
  ballotsFor,
  commandOf,
  configOfThree,
  countOf,
  failoverOn,
  gatewaysAt,
  Leader,
  overrideOf,
  sayTraffic,
  serviceOn,
  weightedOn,
  withChannels,
  withGateways,
} from "./fixtures.ts";
import { epochMs, type Opinion, opinions } from "./model.ts";
import { type Outcome, step } from "./step.ts";
import { type TrafficState, trafficStates } from "./traffic/report.ts";
import type { World } from "./world.ts";

/* Histories for the laws: any configuration, any votes, any commands, many cycles. */

const sites = ["site-a", "site-b", "site-c"];
const names = ["chat", "embed"];
const channels = ["canary", "experiment"];

const anyPolicy = fc.oneof(
  fc.shuffledSubarray(sites, { minLength: 1 }).map((list) => failoverOn(...list)),
  fc
    .dictionary(fc.constantFrom(...sites), fc.integer({ min: 0, max: 9 }), { minKeys: 1, maxKeys: 3 })
    .filter((shares) => Object.values(shares).some((share) => share > 0))
    .map((shares) => weightedOn(shares)),
);
/** Weights of `stable`, which is always there, and of some others. */
const anyWeights: fc.Arbitrary<Readonly<Record<string, number>>> = fc
  .tuple(
    fc.integer({ min: 0, max: 100 }),
    fc.dictionary(fc.constantFrom(...channels), fc.constantFrom(0, 0, 1, 5, 10, 33.3, 100), { maxKeys: 2 }),
  )
  .map(([stable, others]) => ({ stable, ...others }))
  .filter((weights) => Object.values(weights).some((weight) => weight > 0));
const anyService = (name: string): fc.Arbitrary<ServiceConfig> =>
  fc
    .record({
      policy: anyPolicy,
      failback: fc.constantFrom<ServiceConfig["failback"]>({ kind: "manual" }, { kind: "auto-after", afterMs: 10_000 }),
      allBad: fc.constantFrom<ServiceConfig["allBad"]>(
        { kind: "lastKnownGood" },
        { kind: "failOpen" },
        { kind: "sorry", addresses: ["127.0.0.99"] },
      ),
      channels: anyWeights,
    })
    .map(({ policy, failback, allBad, channels }) =>
      withChannels(serviceOn(policy, { name, host: `${name}.example.test`, failback, allBad }), channels),
    );
export const anyConfig: fc.Arbitrary<Config> = fc
  .tuple(anyService("chat"), anyService("embed"), fc.integer({ min: 1, max: 4 }), fc.boolean(), fc.nat({ max: 15 }))
  .map(([chat, embed, movesPerHourMax, hasEdge, chance]) => {
    const gateways = chance % 4;
    const plain = configOfThree(chat, embed);
    const config = gateways === 0 ? plain : { ...withGateways(plain), gateways: gatewaysAt("site-a", "site-b") };
    const edge = { endpoints: ["127.0.0.1:1"], probe: { kind: "tcp" } } as const;
    return {
      ...config,
      sites: config.sites.map((site) => (hasEdge && site.role === "serving" ? { ...site, edge } : site)),
      guards: {
        cooldownMs: 20_000,
        movesPerHourMax,
        readmitAfterMs: 15_000,
        holdMaxMs: 60_000,
        movedShareMax: chance < 8 ? 0.25 : 1,
        rampStepMs: chance % 8 < 4 ? 5_000 : 0,
      },
    };
  });

/**
 * How the world looks: of each site what all say, now and then what one domain says of one site instead, and what each site
 * says of its own traffic.
 */
type Seen = {
  readonly bySite: readonly Opinion[];
  readonly odd: readonly [number, number, Opinion];
  readonly traffic: readonly (TrafficState | undefined)[];
  /** Whether all who call a site healthy have begun to see it fail. */
  readonly doubts: readonly boolean[];
};
const weather = fc.constantFrom<Opinion>("healthy", "healthy", "healthy", "healthy", "degraded", "down", "unknown");
const anyTraffic = fc.constantFrom<TrafficState | undefined>(
  ...trafficStates,
  "tripped",
  "healthy",
  undefined,
  undefined,
);
export const anySeen: fc.Arbitrary<Seen> = fc.record({
  bySite: fc.array(weather, { minLength: 3, maxLength: 3 }),
  odd: fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 }), fc.constantFrom(...opinions)),
  traffic: fc.array(anyTraffic, { minLength: 3, maxLength: 3 }),
  doubts: fc.array(
    fc.nat({ max: 4 }).map((n) => n === 0),
    { minLength: 3, maxLength: 3 },
  ),
});

export function ballotsOf(config: Config, { bySite, odd, traffic, doubts }: Seen): Ballots {
  const all = ballotsFor(config, Object.fromEntries(sites.map((site, at) => [site, bySite[at] ?? "unknown"])));
  const [domain, site, opinion] = odd;
  const votes = all.votes.map((vote) =>
    vote.domain === config.electorate[domain] && vote.target.endsWith(sites[site] ?? "") ? { ...vote, opinion } : vote,
  );
  const said = sayTraffic({ ...all, votes }, Object.fromEntries(sites.map((at, index) => [at, traffic[index]])));
  const doubted = sites.filter((_site, index) => doubts[index] === true);
  const isDoubted = ({ target, opinion }: Ballots["votes"][number]): boolean =>
    opinion === "healthy" && doubted.some((site) => target.endsWith(site));
  return { ...said, votes: said.votes.map((vote) => (isDoubted(vote) ? { ...vote, suspect: true } : vote)) };
}

const service = fc.constantFrom(...names);
const site = fc.constantFrom(...sites, ...sites, "witness");
const anyAsk = (id: string): fc.Arbitrary<Ask | ((world: World) => Ask)> =>
  fc.oneof(
    fc.record({ service, to: site }).map(({ service: name, to }): Ask => ({ kind: "failover", service: name, to })),
    fc.tuple(fc.option(service, { nil: undefined }), fc.boolean()).map(
      ([name, inSteps]): Ask => ({
        kind: "failback",
        ...(name ? { service: name } : {}),
        ...(inSteps ? { inSteps } : {}),
      }),
    ),
    service.map((name): Ask => ({ kind: "undo", service: name })),
    fc
      .record({
        kind: fc.constantFrom("pin", "drain", "freeze"),
        name: fc.option(service),
        at: fc.option(site, { freq: 4 }),
        channel: fc.option(fc.constantFrom("stable", ...channels), { freq: 1 }),
        lastsMs: fc.integer({ min: 1, max: 60_000 }),
      })
      .map(({ kind, name, at, channel, lastsMs }) => (world: World): Ask => {
        const until = epochMs((world.watch.cycleAt ?? 0) + lastsMs);
        const where = {
          ...(name === null ? {} : { service: name }),
          ...(kind === "freeze" || at === null ? {} : { site: at }),
          ...(kind !== "pin" || channel === null ? {} : { channel }),
        };
        return { kind: "set-override", override: overrideOf(kind, { id, until, ...where }) };
      }),
    fc.nat({ max: 3 }).map(
      (at) =>
        (world: World): Ask => ({ kind: "end-override", id: world.durable.overrides[at]?.id ?? "none" }),
    ),
    fc
      .record({ name: service, weights: anyWeights, isStale: fc.nat({ max: 5 }).map((n) => n === 0) })
      .map(({ name, weights, isStale }) => (world: World): Ask => {
        const known = world.durable.config.services.find((entry) => entry.name === name)?.channels ?? [];
        // Most of them name all channels that there are, as they must; some don't, and are refused.
        const all = Object.fromEntries(known.map((channel) => [channel.name, weights[channel.name] ?? 0]));
        const revision = (world.durable.services[name]?.weightsSequence ?? 0) - (isStale ? 1 : 0);
        return { kind: "set-weights", service: name, weights: isStale ? weights : all, revision };
      }),
    anyConfig.map(
      (config) =>
        (world: World): Ask => ({ kind: "apply-config", config, revisionBefore: world.durable.configRevision }),
    ),
  );

type AnyAsk = Ask | ((world: World) => Ask);
type Turn = {
  readonly seen: Seen;
  readonly waitMs: number;
  readonly asks: readonly AnyAsk[];
  readonly isDryRun: boolean;
  readonly isNewLeader: boolean;
  /** For how many cycles it stays so. */
  readonly cycles: number;
};
/** All is well for a while: time for what comes back by itself, which no random weather would leave it. */
const calm: Seen = { bySite: ["healthy", "healthy", "healthy"], odd: [0, 0, "healthy"], traffic: [], doubts: [] };
export const anyTurns: fc.Arbitrary<readonly Turn[]> = fc.array(
  fc
    .record({
      calm: fc.nat({ max: 3 }).map((n) => n === 0),
      seen: anySeen,
      waitMs: fc.constantFrom(250, 1_000, 5_000, 5_000, 20_000),
      asks: fc
        .integer({ min: 0, max: 1_000_000 })
        .chain((n) =>
          n % 2 === 0 ? fc.array(anyAsk(`o${n}`), { minLength: 1, maxLength: 2 }) : fc.constant<AnyAsk[]>([]),
        ),
      isDryRun: fc.nat({ max: 5 }).map((n) => n === 0),
      isNewLeader: fc.nat({ max: 9 }).map((n) => n === 0),
    })
    .map(({ calm: isCalm, ...turn }): Turn => (isCalm ? { ...turn, seen: calm, cycles: 15 } : { ...turn, cycles: 1 })),
  { minLength: 5, maxLength: 30, size: "max" },
);

/** One cycle as a law sees it. */
export type Cycle = {
  readonly before: World;
  readonly after: World;
  readonly outcome: Outcome;
  readonly commands: readonly Command[];
  readonly now: number;
  /** The same cycle with other commands. */
  readonly again: (commands: readonly Command[]) => Outcome;
};

/** What is asked is asked once. */
export const cyclesOf = (turn: Turn): readonly Turn[] => [
  turn,
  ...Array.from({ length: turn.cycles - 1 }, () => ({ ...turn, asks: [], isNewLeader: false })),
];

export const commandsOf = (turn: Turn, world: World): readonly Command[] =>
  turn.asks.map((ask, at) =>
    commandOf(typeof ask === "function" ? ask(world) : ask, { id: `c${at}`, isDryRun: turn.isDryRun }),
  );

function play(config: Config, turns: readonly Turn[], law: (cycle: Cycle) => void): void {
  const leader = new Leader(config);
  for (const turn of turns.flatMap(cyclesOf)) {
    if (turn.isNewLeader) leader.epoch += 1;
    const before = leader.world;
    const commands = commandsOf(turn, before);
    const ballots = ballotsOf(before.durable.config, turn.seen);
    const now = leader.now + turn.waitMs;
    const role = { kind: "leading", epoch: leader.epoch } as const;
    const again = (given: readonly Command[]): Outcome =>
      step(before, { ballots: countOf(ballots), commands: given, role }, epochMs(now));
    const outcome = leader.cycle(now, ballots, commands);
    law({ before, after: leader.world, outcome, commands, now, again });
  }
}

/** A law for every cycle of any history. */
export const holds = (law: () => (cycle: Cycle) => void, numRuns: number): void =>
  fc.assert(
    fc.property(anyConfig, anyTurns, (config, turns) => play(config, turns, law())),
    { numRuns },
  );
