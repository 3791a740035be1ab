import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { configuredTargets, policySites } from "./config.ts";
import { compareFence } from "./fence.ts";
import { Leader } from "./fixtures.ts";
import { epochMs, type Opinion } from "./model.ts";
import { isFrozen, overridesOf, pinOf } from "./override.ts";
import { samePlacement, sitesOf } from "./placement.ts";
import { siteHealth } from "./site-health.ts";
import type { Change } from "./step.ts";
import { targetKey } from "./target.ts";
import { anyConfig, anyTurns, ballotsOf, type Cycle, holds as holdsAlways } from "./test-histories.ts";

/*
 * Laws of the whole step: any configuration, any votes, any commands, many cycles. A failure prints its seed and the path to
 * the smallest example; such a seed becomes a test of its own. LAW_RUNS=3000 looks deeper.
 */

const runs = { numRuns: Number(process.env["LAW_RUNS"] ?? 40) };
const holds = (law: () => (cycle: Cycle) => void): void => holdsAlways(law, runs.numRuns);

const healthOf = ({ after }: Cycle, name: string, at: string): Opinion => {
  const { config } = after.durable;
  const found = config.services.find((entry) => entry.name === name);
  return found ? siteHealth(config, found, { site: at, watch: after.watch }).kind : "unknown";
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

test("a failover service is answered at one site, unless it fails open or goes home in steps", () => {
  holds(() => ({ after }) => {
    for (const entry of after.durable.config.services) {
      const { served, ramp } = after.durable.services[entry.name] ?? {};
      if (ramp) continue;
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
      for (const { service: name, cause, situation } of outcome.change?.decisions ?? []) {
        const state = before.durable.services[name];
        // Parts of a move that was counted when it began, and the way back from it.
        if (situation === "failback-stopped" || situation === "failing-back") continue;
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
