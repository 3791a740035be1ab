import assert from "node:assert/strict";
import { test } from "node:test";
import { windowMs } from "./brake.ts";
import { floorRules } from "./guard.ts";
import { holdMs } from "./hold.ts";
import { overridesOf, pinOf, undrained } from "./override.ts";
import { mixed, nextPercent, partOf } from "./ramp.ts";
import { type Cycle, holds as holdsAlways } from "./test-histories.ts";
import { cycleMsMax } from "./watch.ts";

/* Laws of the brakes over any history: what they may hold, and what may never get past them. LAW_RUNS=3000 looks deeper. */

const runs = Number(process.env["LAW_RUNS"] ?? 40);
const holds = (law: () => (cycle: Cycle) => void): void => holdsAlways(law, runs);

const evacuating = /^(site-down|share-site-down|failback-stopped|recovered)/;

test("an evacuation is held by operators, floors, the second site and a suspicion alone", () => {
  const may = new Set<string>([...floorRules, "freeze", "pin", "second-site", "suspected"]);
  holds(() => ({ after }) => {
    for (const [name, { rule }] of Object.entries(after.watch.held))
      if (evacuating.test(after.watch.situations[name] ?? ""))
        assert.ok(may.has(rule), `${after.watch.situations[name]} held by ${rule}`);
  });
});

test("no more services than the change budget allows move by themselves in 10 minutes, evacuations apart", () => {
  holds(() => {
    const changed = new Map<string, number>();
    let ranMs = 0;
    let at = 0;
    return ({ before, outcome, now }) => {
      ranMs += Math.min(at === 0 ? 0 : now - at, cycleMsMax);
      at = now;
      const { config } = outcome.change?.durable ?? before.durable;
      const allowed = Math.max(1, Math.floor(config.services.length * config.guards.movedShareMax));
      for (const { service: name, cause, situation } of outcome.change?.decisions ?? []) {
        const isRest = situation === "failback-stopped" || situation === "failing-back";
        if (isRest || (cause.kind !== "leave-degraded" && cause.kind !== "failback")) continue;
        const others = [...changed].filter(([other, date]) => other !== name && ranMs - date < windowMs);
        assert.ok(others.length < allowed, `${name} is one too many`);
        changed.set(name, ranMs);
      }
    };
  });
});

test("a ramp takes its steps in order, each after its time, and what is served is what it says", () => {
  holds(() => {
    const since = new Map<string, number>();
    let ranMs = 0;
    let at = 0;
    return ({ before, after, now }) => {
      ranMs += Math.min(at === 0 ? 0 : now - at, cycleMsMax);
      at = now;
      for (const [name, { ramp, served }] of Object.entries(after.durable.services)) {
        const was = before.durable.services[name]?.ramp;
        if (!ramp || ramp === was) continue;
        // What is drained of it waits for the drain's end, and under a pin all of it does.
        const standing = overridesOf(after.durable.overrides, name);
        const says = undrained(mixed(ramp.from, ramp.to, ramp.percent), standing);
        if (!pinOf(standing) && says) assert.deepEqual(served, says);
        if (was && ramp.from === was.from && ramp.to === was.to) {
          assert.equal(ramp.percent, nextPercent(was.percent));
          const { rampStepMs } = after.durable.config.guards;
          assert.ok(ranMs - (since.get(name) ?? 0) >= rampStepMs, "a step before its time");
        }
        since.set(name, ranMs);
      }
    };
  });
});

test("a site that was left waits, and each time that it is left again for twice as long, up to the bound", () => {
  const guards = { holdMaxMs: 100 };
  assert.deepEqual(
    [1, 2, 3, 4, 5, 30].map((times) => holdMs(10, times, guards)),
    [10, 20, 40, 80, 100, 100],
  );
  assert.equal(holdMs(500, 3, guards), 500, "never below the base");
  assert.equal(holdMs(0, 30, guards), 0);
});

test("shares on the way are the parts of both ends, and nobody who has a part has none", () => {
  const from = {
    kind: "sites",
    shares: [
      { site: "b", share: 30 },
      { site: "c", share: 20 },
    ],
  } as const;
  const to = { kind: "sites", shares: [{ site: "a", share: 50 }, ...from.shares] } as const;
  assert.deepEqual(mixed(from, to, 1), {
    kind: "sites",
    shares: [
      { site: "a", share: 0.5 },
      { site: "b", share: 59.7 },
      { site: "c", share: 39.8 },
    ],
  });
  assert.equal(partOf(mixed(from, to, 20), "a"), 0.1);
  assert.deepEqual(mixed(from, to, 100), to);
});
