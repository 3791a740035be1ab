import assert from "node:assert/strict";
import { test } from "node:test";
import type { GuardSettings } from "./config.ts";
import { configOfThree, failoverOn, Leader, overrideOf, serviceOn } from "./fixtures.ts";
import { epochMs, type Opinion } from "./model.ts";
import { standingBrakes } from "./standing-brakes.ts";

const [up, bad, down] = ["healthy", "degraded", "down"] as const;
const ab = (a: Opinion, b: Opinion) => ({ "site-a": a, "site-b": b });
const auto = serviceOn(failoverOn("site-a", "site-b"), { failback: { kind: "auto-after", afterMs: 120_000 } });

function settled(guards: Partial<GuardSettings> = {}): Leader {
  const config = configOfThree(auto);
  const leader = new Leader({ ...config, guards: { ...config.guards, readmitAfterMs: 60_000, ...guards } });
  leader.see(ab(up, up));
  return leader;
}

/** Each brake as it is told, with the seconds that are left. */
function told({ world, now }: Leader): readonly string[] {
  const brakes = standingBrakes({ ...world, now: epochMs(now) }, auto);
  return brakes.map(({ rule, because, until, isHolding }) => {
    const left = until === undefined ? "" : ` [${(until - now) / 1000} s]`;
    return `${isHolding ? "holding" : "standing"} ${rule}: ${because}${left}`;
  });
}

test("nothing stands on a service that is at home", () => {
  assert.deepEqual(told(settled()), []);
});

test("what stands after an evacuation: the cool-down, the quarantine with its time, then the wait for home, then the ramp", () => {
  const leader = settled({ rampStepMs: 30_000, movesPerHourMax: 9 });
  leader.see(ab(down, up));
  assert.deepEqual(told(leader), [
    "standing cool-down: it moved a moment ago; 60 s of the cool-down are left [60 s]",
    "standing quarantine: site-a was left as down; it is down, and needs 60 s of health until it may be a target again",
  ]);
  leader.see(ab(up, up));
  leader.pass(20_000, ab(up, up));
  assert.deepEqual(told(leader), [
    "standing cool-down: it moved a moment ago; 39 s of the cool-down are left [39 s]",
    "standing quarantine: site-a was left as down; healthy for 20 s, and it needs 60 s of health until it may be a target again [40 s]",
  ]);
  leader.pass(45_000, ab(up, up));
  assert.deepEqual(told(leader), [
    "standing failback: site-a: healthy for 65 s, and it needs 120 s of health until traffic goes home [55 s]",
  ]);
  leader.pass(55_000, ab(up, up));
  assert.deepEqual(told(leader).slice(1), [
    "standing ramp: 1 % of the way home to site-a; 5 % is next if this goes well [30 s]",
  ]);
});

test("what holds a move comes first, and once", () => {
  const leader = settled({ movesPerHourMax: 1 });
  leader.see(ab(bad, up));
  leader.pass(700_000, ab(up, up));
  assert.deepEqual(told(leader), [
    "holding moves-per-hour: 1 automatic moves within an hour latched it to manual; an operator must look",
  ]);
  const frozen = settled();
  frozen.ask({ kind: "set-override", override: overrideOf("freeze", { service: "chat" }) }, ab(up, up));
  frozen.see(ab(down, up));
  assert.deepEqual(told(frozen), ["holding freeze: an operator froze it"]);
});

test("a site that was left again says how often", () => {
  const leader = settled({ cooldownMs: 0, movesPerHourMax: 9 });
  for (let times = 1; times <= 2; times += 1) {
    leader.see(ab(down, up));
    leader.see(ab(up, up));
    if (times === 1) leader.ask({ kind: "failback" }, ab(up, up));
  }
  assert.match(
    told(leader)[0] ?? "",
    /^standing quarantine: site-a was left as down, 2 times lately; healthy for 0 s, and it needs 120 s/,
  );
});
