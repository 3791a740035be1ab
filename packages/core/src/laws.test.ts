import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { acceptSnapshot, wildServices } from "./accept.ts";
import type { BallotCount } from "./ballot-box.ts";
import type { Ask, Command } from "./command.ts";
import { type Config, configuredTargets, policySites, type ServiceConfig } from "./config.ts";
import { compareFence } from "./fence.ts";
import {
  ballotsFor,
  commandOf,
  configOfThree,
  failoverOn,
  Leader,
  overrideOf,
  serviceOn,
  weightedOn,
  withChannels,
  withGateways,
} from "./fixtures.ts";
import { epochMs, type Opinion, opinions } from "./model.ts";
import { isFrozen, overridesOf, pinnedChannelOf, pinOf } from "./override.ts";
import { samePlacement, sitesOf } from "./placement.ts";
import { slotCount } from "./route/route.ts";
import { ownerNow } from "./route/slot-table.ts";
import { whyNotRoute } from "./route/why-not-route.ts";
import { siteHealth } from "./site-health.ts";
import type { Snapshot } from "./snapshot.ts";
import { type Change, type Outcome, step } from "./step.ts";
import { targetKey } from "./target.ts";
import { weightSum, weightsOf } from "./weights.ts";
import type { World } from "./world.ts";

/*
 * Laws of the whole step: any configuration, any votes, any commands, many cycles. A failure prints its seed and the path to
 * the smallest example; such a seed becomes a test of its own. LAW_RUNS=3000 looks deeper.
 */

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
const anyConfig: fc.Arbitrary<Config> = fc
  .tuple(anyService("chat"), anyService("embed"), fc.integer({ min: 1, max: 4 }), fc.boolean(), fc.nat({ max: 3 }))
  .map(([chat, embed, movesPerHourMax, hasEdge, gateways]) => {
    const plain = configOfThree(chat, embed);
    const config = gateways === 0 ? plain : withGateways(plain);
    const edge = { endpoints: ["127.0.0.1:1"], probe: { kind: "tcp" } } as const;
    return {
      ...config,
      sites: config.sites.map((site) => (hasEdge && site.role === "serving" ? { ...site, edge } : site)),
      guards: { cooldownMs: 20_000, movesPerHourMax, readmitAfterMs: 15_000 },
    };
  });

/** How the world looks: of each site what all say, and now and then what one domain says of one site instead. */
type Seen = { readonly bySite: readonly Opinion[]; readonly odd: readonly [number, number, Opinion] };
const weather = fc.constantFrom<Opinion>("healthy", "healthy", "healthy", "healthy", "degraded", "down", "unknown");
const anySeen: fc.Arbitrary<Seen> = fc.record({
  bySite: fc.array(weather, { minLength: 3, maxLength: 3 }),
  odd: fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 }), fc.constantFrom(...opinions)),
});

function ballotsOf(config: Config, { bySite, odd }: Seen): BallotCount {
  const all = ballotsFor(config, Object.fromEntries(sites.map((site, at) => [site, bySite[at] ?? "unknown"])));
  const [domain, site, opinion] = odd;
  const votes = all.votes.map((vote) =>
    vote.domain === config.electorate[domain] && vote.target.endsWith(sites[site] ?? "") ? { ...vote, opinion } : vote,
  );
  return { ...all, votes };
}

const service = fc.constantFrom(...names);
const site = fc.constantFrom(...sites, ...sites, "witness");
const anyAsk = (id: string): fc.Arbitrary<Ask | ((world: World) => Ask)> =>
  fc.oneof(
    fc.record({ service, to: site }).map(({ service: name, to }): Ask => ({ kind: "failover", service: name, to })),
    fc
      .option(service, { nil: undefined })
      .map((name): Ask => ({ kind: "failback", ...(name ? { service: name } : {}) })),
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
};
const anyTurns: fc.Arbitrary<readonly Turn[]> = fc.array(
  fc.record({
    seen: anySeen,
    waitMs: fc.constantFrom(250, 1_000, 5_000, 5_000, 20_000),
    asks: fc
      .integer({ min: 0, max: 1_000_000 })
      .chain((n) =>
        n % 2 === 0 ? fc.array(anyAsk(`o${n}`), { minLength: 1, maxLength: 2 }) : fc.constant<AnyAsk[]>([]),
      ),
    isDryRun: fc.nat({ max: 5 }).map((n) => n === 0),
    isNewLeader: fc.nat({ max: 9 }).map((n) => n === 0),
  }),
  { minLength: 5, maxLength: 30, size: "max" },
);

/** One cycle as a law sees it. */
type Cycle = {
  readonly before: World;
  readonly after: World;
  readonly outcome: Outcome;
  readonly commands: readonly Command[];
  readonly now: number;
  /** The same cycle with other commands. */
  readonly again: (commands: readonly Command[]) => Outcome;
};

function play(config: Config, turns: readonly Turn[], law: (cycle: Cycle) => void): void {
  const leader = new Leader(config);
  for (const turn of turns) {
    if (turn.isNewLeader) leader.epoch += 1;
    const before = leader.world;
    const commands = turn.asks.map((ask, at) =>
      commandOf(typeof ask === "function" ? ask(before) : ask, { id: `c${at}`, isDryRun: turn.isDryRun }),
    );
    const ballots = ballotsOf(before.durable.config, turn.seen);
    const now = leader.now + turn.waitMs;
    const role = { kind: "leading", epoch: leader.epoch } as const;
    const again = (given: readonly Command[]): Outcome =>
      step(before, { ballots, commands: given, role }, epochMs(now));
    const outcome = leader.cycle(now, ballots, commands);
    law({ before, after: leader.world, outcome, commands, now, again });
  }
}

const runs = { numRuns: Number(process.env["LAW_RUNS"] ?? 40) };
const holds = (law: () => (cycle: Cycle) => void): void =>
  fc.assert(
    fc.property(anyConfig, anyTurns, (config, turns) => play(config, turns, law())),
    runs,
  );

const healthOf = ({ after }: Cycle, name: string, at: string): Opinion => {
  const { config } = after.durable;
  const found = config.services.find((entry) => entry.name === name);
  return found ? siteHealth(config, found, { site: at, verdicts: after.watch.verdicts }).kind : "unknown";
};

test("never empty: every snapshot answers every service with an address", () => {
  holds(() => ({ after }) => {
    const { snapshot, config } = after.durable;
    assert.deepEqual(
      snapshot?.services.map((entry) => entry.service),
      config.services.map((entry) => entry.name),
    );
    for (const entry of snapshot?.services ?? [])
      assert.ok(
        entry.choices.some((choice) => choice.share > 0 && choice.addresses.length > 0),
        entry.service,
      );
  });
});

test("a failover service is answered at one site, unless it fails open", () => {
  holds(() => ({ after }) => {
    for (const entry of after.durable.config.services) {
      const served = after.durable.services[entry.name]?.served;
      if (entry.policy.kind === "failover" && served?.kind === "sites") assert.equal(served.shares.length, 1);
    }
  });
});

test("the sequence grows with every change, the fence never goes back, and a snapshot is never changed under its fence", () => {
  holds(() => ({ before, after, outcome }) => {
    const { change } = outcome;
    if (!change) return assert.equal(after.durable, before.durable);
    assert.equal(change.sequenceBefore, before.durable.sequence);
    assert.ok(change.durable.sequence > before.durable.sequence);
    const numbers = change.decisions.map((decision) => decision.sequence);
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].sort((one, other) => one - other),
    );
    assert.ok(numbers.every((number) => number > before.durable.sequence && number <= change.durable.sequence));
    const [old, young] = [before.durable.snapshot, after.durable.snapshot];
    if (old && young !== old) assert.equal(young && compareFence(young.fence, old.fence), "newer");
  });
});

test("what is published is what is decided: a served placement never changes without a decision", () => {
  holds(() => ({ before, outcome }) => {
    for (const [name, state] of Object.entries(outcome.change?.durable.services ?? {})) {
      const was = before.durable.services[name]?.served;
      const last = outcome.change?.decisions.findLast((decision) => decision.service === name);
      if (was && !samePlacement(was, state.served)) assert.ok(last && samePlacement(last.to, state.served));
    }
  });
});

test("floors hold: what is served never gets worse than what was, nor leaves a dead site for another", () => {
  const surety = { healthy: 2, degraded: 2, unknown: 1, down: 0 };
  holds(() => (cycle) => {
    for (const { service: name, from, to } of cycle.outcome.change?.decisions ?? []) {
      if (to.kind !== "sites") continue;
      // A configuration may bring other targets, of which nothing is known yet.
      if (cycle.outcome.change?.isConfigNew) continue;
      const best = (list: readonly string[]) => Math.max(-1, ...list.map((at) => surety[healthOf(cycle, name, at)]));
      assert.ok(best(sitesOf(to)) > 0 && best(sitesOf(to)) >= best(sitesOf(from)), `${name} to ${JSON.stringify(to)}`);
    }
  });
});

const isOperators = (change: Change, name: string): boolean =>
  change.decisions.some(
    (entry) => entry.service === name && (entry.cause.kind === "operator" || entry.cause.kind === "override-ended"),
  );
const braked = new Set(["leave-degraded", "failback"]);

test("the cool-down and the latch bound automatic moves; evacuations count and pass", () => {
  holds(() => {
    const moves = new Map<string, number[]>();
    return ({ before, outcome, now }) => {
      for (const { service: name, cause } of outcome.change?.decisions ?? []) {
        const state = before.durable.services[name];
        const earlier = moves.get(name) ?? [];
        const isReleased = outcome.events.some((event) => event.kind === "released" && event.service === name);
        if (braked.has(cause.kind) && !isReleased) {
          assert.equal(state?.latchedAt, undefined, "latched, and moved by itself");
          const last = earlier.at(-1);
          const isCounted = last !== undefined && state?.moves.includes(epochMs(last));
          assert.ok(!isCounted || now - last >= 20_000, "within the cool-down");
        }
        if (braked.has(cause.kind) || cause.kind === "evacuate") moves.set(name, [...earlier, now]);
      }
      for (const state of Object.values(outcome.change?.durable.services ?? {})) {
        const { movesPerHourMax } = outcome.change?.durable.config.guards ?? { movesPerHourMax: 0 };
        const isFull = state.moves.filter((at) => now - at < 3_600_000).length >= movesPerHourMax;
        if (isFull && !outcome.change?.isConfigNew && state.moves.at(-1) === now)
          assert.notEqual(state.latchedAt, undefined);
      }
    };
  });
});

test("pinned services are at their pin, frozen ones don't move by themselves, drained sites answer only when nothing else can", () => {
  holds(() => (cycle) => {
    const { after, outcome } = cycle;
    const { overrides, services, config } = after.durable;
    for (const { name, policy } of config.services) {
      const standing = overridesOf(overrides, name);
      const served = services[name]?.served;
      const pin = pinOf(standing);
      if (pin) assert.deepEqual(served && sitesOf(served), [pin.site]);
      if (isFrozen(standing) && outcome.change && !outcome.change.isConfigNew && !isOperators(outcome.change, name))
        assert.ok(!outcome.change.decisions.some((decision) => decision.service === name), "moved though frozen");
      const drained = standing.filter((entry) => entry.kind === "drain").map((entry) => entry.site);
      if (pin || !served || !sitesOf(served).some((at) => drained.includes(at))) continue;
      // A pin that held it there may end when all the others are dead: then the floor keeps the last serving site.
      const others = policySites(policy).filter((at) => !drained.includes(at));
      const isFit = (at: string): boolean => ["healthy", "degraded"].includes(healthOf(cycle, name, at));
      assert.deepEqual(others.filter(isFit), [], "a drained site answers, though another could");
    }
  });
});

test("refused commands and dry runs change nothing: the cycle comes out as if they had not been given", () => {
  holds(() => ({ outcome, commands, again }) => {
    const effective = commands.filter(({ id, isDryRun }) => !isDryRun && outcome.results[id]?.kind === "done");
    if (effective.length < commands.length) assert.deepEqual(again(effective).change, outcome.change);
  });
});

test("every user has somewhere to go: a route's slots are exact, and of channels that have pools; a pin is held to", () => {
  holds(() => ({ after }) => {
    const { snapshot, config, overrides } = after.durable;
    assert.equal(snapshot?.gateways?.length ?? 0, config.gateways.length);
    for (const { service: name, route } of snapshot?.services ?? []) {
      assert.equal(route !== undefined, config.gateways.length > 0);
      if (!route) continue;
      assert.equal(whyNotRoute(route), undefined);
      assert.equal(route.pinnedChannel, pinnedChannelOf(overridesOf(overrides, name)));
      const entry = config.services.find((each) => each.name === name);
      assert.deepEqual(new Set(route.sites.map(({ site: at }) => at)), new Set(entry && policySites(entry.policy)));
    }
  });
});

test("weights are what was asked last: each channel has its share of the slots, to one slot", () => {
  holds(() => ({ after }) => {
    for (const entry of after.durable.config.services) {
      const state = after.durable.services[entry.name];
      assert.ok(state?.slots);
      const weights = weightsOf(entry, state);
      const sum = weightSum(weights);
      for (const { name, weight } of weights) {
        const owned: number = state.slots
          .filter((stack) => ownerNow(stack) === name)
          .reduce((all, { count }) => all + count, 0);
        assert.ok(Math.abs(owned - (weight / sum) * slotCount) < 1, `${name} owns ${owned}`);
      }
    }
  });
});

test("a change of weights moves no service, and a move changes no weights", () => {
  holds(() => ({ before, outcome, commands, again }) => {
    const others = commands.filter(({ ask }) => ask.kind !== "set-weights");
    if (others.length < commands.length) {
      const alone = again(others).change;
      const placed = (change: Change | undefined) =>
        change?.decisions.map(({ service: name, from, to, situation }) => ({ name, from, to, situation })) ?? [];
      assert.deepEqual(placed(outcome.change), placed(alone));
    }
    const isWeighed = outcome.events.some((event) => event.kind === "weights-set");
    for (const [name, state] of Object.entries(outcome.change?.durable.services ?? {})) {
      const was = before.durable.services[name];
      if (!isWeighed && was) assert.deepEqual([state.weights, state.slots], [was.weights, was.slots]);
    }
  });
});

test("a node takes every snapshot that a leader publishes, whichever of the earlier ones it holds", () => {
  holds(() => {
    const published: Snapshot[] = [];
    return ({ after: { durable } }) => {
      const { snapshot } = durable;
      if (!snapshot || snapshot === published.at(-1)) return;
      for (const held of published) {
        assert.deepEqual(acceptSnapshot(held, snapshot), { kind: "accept" });
        assert.deepEqual(wildServices(held, snapshot), [], "a change without a cause");
      }
      published.push(snapshot);
    };
  });
});

test("unknown never moves anything: without a majority for down or degraded no decision is taken by itself", () => {
  const anyVotes = fc.array(
    fc.record({
      domain: fc.nat({ max: 2 }),
      target: fc.nat({ max: 8 }),
      opinion: fc.constantFrom<Opinion>("healthy", "unknown", "down"),
    }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(anyConfig, anyTurns, anyVotes, (config, turns, raw) => {
      const leader = new Leader(config);
      // Any world that such a history leads to. Frozen situations are allowed; standing overrides would end by themselves.
      for (const turn of turns) leader.cycle(leader.now + turn.waitMs, ballotsOf(config, turn.seen));
      const targets = configuredTargets(config).map(targetKey);
      const votes = raw.flatMap(({ domain, target, opinion }) => {
        const key = targets[target];
        const name = config.electorate[domain];
        return key === undefined || name === undefined ? [] : [{ agent: name, domain: name, target: key, opinion }];
      });
      // At most one domain may say down of a target, and nobody says healthy: nothing is proven, nothing is lost.
      const lone = votes.filter(
        ({ opinion, domain }) => opinion === "unknown" || (opinion === "down" && domain === "witness"),
      );
      const { durable } = leader.world;
      for (const gapMs of [1_000, 120_000, 5_000]) {
        const outcome = leader.cycle(leader.now + gapMs, { freshDomains: ["witness"], votes: lone });
        assert.deepEqual(outcome.change?.decisions ?? [], []);
      }
      assert.equal(leader.world.durable.snapshot, durable.snapshot);
    }),
    runs,
  );
});
