import assert from "node:assert/strict";
import { test } from "node:test";
import { makePrng } from "@sluice/testkit";
import { type MonoMs, monoMs } from "../model.ts";
import type { RequestOutcome } from "./outcome.ts";
import type { PoolHealth } from "./pool-health.ts";
import { type PoolWatch, watchPool } from "./pool-watch.ts";
import type { PoolTraffic, TrafficState } from "./report.ts";

const target = "pool:chat/stable@site-a";
const failure: RequestOutcome = { kind: "failure", because: "status" };
const success: RequestOutcome = { kind: "success" };
const newPool = (): PoolWatch => watchPool({ target }, monoMs(0));
const at = (second: number, part = 0): MonoMs => monoMs(second * 1_000 + Math.floor(part * 1_000));
const seeds = Array.from({ length: 50 }, (_, seed) => seed);

type Load = {
  readonly rps: number;
  /** The share of requests that fail, by the second. */
  readonly failing: number | ((second: number) => number);
  readonly seed?: number;
  /** The agent's synthetic looks, if there's an agent. */
  readonly looks?: "good" | "failed";
};
type Ran = { readonly reports: readonly PoolTraffic[]; readonly failed: number; readonly sent: number };

/** Sends what the pool admits, judges twice a second, and counts. */
function run(pool: PoolWatch, [fromS, untilS]: readonly [number, number], load: Load): Ran {
  const prng = makePrng(load.seed ?? 1);
  const reports: PoolTraffic[] = [];
  let [failed, sent] = [0, 0];
  for (let half = fromS * 2; half < untilS * 2; half += 1) {
    const second = Math.floor(half / 2);
    if (load.looks !== undefined) {
      const [goodInRow, failedInRow] = load.looks === "good" ? [99, 0] : [0, 99];
      pool.see({ target, goodInRow, failedInRow }, at(half / 2));
    }
    const count = Math.floor(((half + 1) * load.rps) / 2) - Math.floor((half * load.rps) / 2);
    for (let index = 0; index < count; index += 1) {
      if (prng.next() >= pool.admitted) continue;
      const isFailure = prng.next() < (typeof load.failing === "number" ? load.failing : load.failing(second));
      pool.note(isFailure ? failure : success, at(half / 2, index / count / 2));
      sent += 1;
      failed += Number(isFailure);
    }
    reports.push(pool.judge(at(half / 2, 0.499)));
  }
  return { reports, failed, sent };
}
const statesOf = ({ reports }: Ran): TrafficState[] => [...new Set(reports.map(({ state }) => state))];
const last = ({ reports }: Ran): PoolTraffic => reports.at(-1) ?? assert.fail("no report");

test("scenario 19: of 50 requests a second that all fail, ten are sent", () => {
  const pool = newPool();
  run(pool, [0, 600], { rps: 50, failing: 0.01 });
  const { failed } = run(pool, [600, 610], { rps: 50, failing: 1 });
  assert.ok(failed <= 11, String(failed));
  assert.equal(pool.admitted, 0);
});

test("scenario 20: 3 % where 1 % is usual never trips", () => {
  for (const seed of seeds) {
    const pool = newPool();
    run(pool, [0, 600], { rps: 50, failing: 0.01, seed });
    const ran = run(pool, [600, 1_200], { rps: 50, failing: 0.03, seed: seed + 1_000 });
    assert.ok(!statesOf(ran).includes("tripped"), `seed ${seed}: ${last(ran).because}`);
  }
});

test("scenario 20: 20 % trips within 10 s", () => {
  for (const seed of seeds) {
    const pool = newPool();
    run(pool, [0, 300], { rps: 50, failing: 0.01, seed });
    assert.equal(last(run(pool, [300, 310], { rps: 50, failing: 0.2, seed })).state, "tripped", `seed ${seed}`);
  }
});

test("scenario 20: 2 of 4 are insufficient data, and no reason to move", () => {
  const pool = newPool();
  for (const [index, outcome] of [success, failure, success, failure].entries()) pool.note(outcome, at(index));
  assert.deepEqual(pool.judge(at(5)), {
    target,
    state: "insufficient-data",
    because: "2 of 4 requests failed in 60 s, at least 20 are needed to judge",
  });
  assert.equal(pool.admitted, 1);
});

test("scenario 21: client errors, saturation and clients that leave never trip it, nor make it healthy", () => {
  const outcomes: readonly RequestOutcome[] = [
    { kind: "neither", because: "client-error" },
    { kind: "neither", because: "client-abort" },
    { kind: "saturated", because: "rejected-saturated" },
  ];
  const pool = newPool();
  for (let ms = 0; ms < 300_000; ms += 10) pool.note(outcomes[(ms / 10) % 3] ?? success, monoMs(ms));
  const { state } = pool.judge(at(300));
  assert.deepEqual([state, pool.admitted], ["insufficient-data", 1]);
});

test("a storm of client errors hides no outage", () => {
  const pool = newPool();
  for (let ms = 0; ms < 10_000; ms += 10) {
    pool.note(ms % 100 === 0 ? failure : { kind: "neither", because: "client-error" }, monoMs(ms));
  }
  assert.equal(pool.judge(at(10)).state, "tripped");
});

test("one failure trips at once when the last two synthetic looks failed too, and not when only one did", () => {
  for (const [failedInRow, state] of [
    [1, "insufficient-data"],
    [2, "tripped"],
  ] as const) {
    const pool = newPool();
    pool.see({ target, goodInRow: 0, failedInRow }, at(1));
    pool.note(success, at(1.1));
    pool.note(failure, at(1.2));
    assert.equal(pool.admitted, state === "tripped" ? 0 : 1);
    assert.equal(pool.judge(at(1.3)).state, state);
  }
});

test("looks that fail while the traffic is well change nothing: the traffic knows better", () => {
  const ran = run(newPool(), [0, 60], { rps: 50, failing: 0, looks: "failed" });
  assert.deepEqual([last(ran).state, statesOf(ran).includes("tripped")], ["healthy", false]);
});

test("scenario 23: well again, it gets its users back in steps, never more than the step's share", () => {
  const pool = newPool();
  run(pool, [0, 300], { rps: 50, failing: 0.01 });
  run(pool, [300, 310], { rps: 50, failing: 1, looks: "good" });
  const shares: number[] = [];
  for (let second = 310; second < 600; second += 10) {
    const before = pool.admitted;
    const { sent } = run(pool, [second, second + 10], { rps: 50, failing: 0.005, looks: "good", seed: second });
    if (before === pool.admitted) assert.ok(sent <= 500 * before + 5 * Math.sqrt(500 * before), `${sent} at ${before}`);
    if (shares.at(-1) !== pool.admitted) shares.push(pool.admitted);
  }
  assert.deepEqual(shares, [0, 0.01, 0.05, 0.2, 0.5, 1]);
  assert.equal(pool.judge(at(600)).state, "healthy");
});

test("scenario 23: flapping each 30 s, it trips less and less often", () => {
  const pool = newPool();
  const failing = (second: number): number => (Math.floor(second / 30) % 2 === 0 ? 0 : 1);
  const trips: string[] = [];
  for (let second = 0; second < 3_600; second += 1) {
    const before = pool.health.kind;
    run(pool, [second, second + 1], { rps: 50, failing, looks: "good", seed: second });
    const { kind, holdMs }: PoolHealth = pool.health;
    if (kind === "tripped" && before !== "tripped") trips.push(`${holdMs / 1_000}`);
  }
  assert.deepEqual(trips.slice(0, 5), ["60", "120", "240", "480", "900"]);
  assert.ok(trips.length <= 7, trips.join());
});

test("without an agent it comes back by its own users, though they are few", () => {
  const pool = newPool();
  run(pool, [0, 60], { rps: 2, failing: 0 });
  run(pool, [60, 70], { rps: 2, failing: 1 });
  assert.equal(pool.admitted, 0);
  run(pool, [70, 3_600], { rps: 2, failing: 0 });
  assert.equal(pool.admitted, 1);
});

test("when the traffic has gone and no agent looks, it stays tripped or at its first step, for ever", () => {
  const pool = newPool();
  run(pool, [0, 60], { rps: 50, failing: 1 });
  const ran = run(pool, [60, 20_000], { rps: 0, failing: 0 });
  assert.deepEqual(statesOf(ran), ["tripped", "recovering"]);
  assert.equal(pool.admitted, 0.01);
});

test("when the traffic has gone and the looks are good, it comes back, and isn't called healthy", () => {
  const pool = newPool();
  run(pool, [0, 60], { rps: 50, failing: 1 });
  const ran = run(pool, [60, 400], { rps: 0, failing: 0, looks: "good" });
  assert.deepEqual(statesOf(ran), ["recovering", "insufficient-data"]);
});

test("sent everything while it was broken, for want of another, it still isn't held to be usually broken", () => {
  const pool = newPool();
  run(pool, [0, 300], { rps: 50, failing: 0.01 });
  for (let ms = 300_000; ms < 2_400_000; ms += 100) {
    pool.note(failure, monoMs(ms));
    if (ms % 1_000 === 0) pool.judge(monoMs(ms));
  }
  assert.notEqual(pool.health.kind, "healthy");
  run(pool, [2_400, 6_000], { rps: 50, failing: 0, looks: "good" });
  assert.equal(pool.health.kind, "healthy");
  assert.equal(last(run(pool, [6_000, 6_005], { rps: 50, failing: 0.3 })).state, "tripped");
});

test("an operator clears it, and the hold begins anew", () => {
  const pool = newPool();
  run(pool, [0, 20], { rps: 50, failing: 1 });
  run(pool, [20, 130], { rps: 50, failing: 1, looks: "good" });
  pool.clear(at(130));
  assert.equal(pool.admitted, 1);
  assert.equal(pool.judge(at(130)).state, "insufficient-data");
  run(pool, [130, 140], { rps: 50, failing: 1 });
  const { kind, holdMs }: PoolHealth = pool.health;
  assert.deepEqual([kind, holdMs], ["tripped", 60_000]);
});

test("scenario 22: +600 ms trips the pool, and a canary as slow as the default channel beside it is not blamed", () => {
  const [stable, canary] = [newPool(), newPool()];
  const pools = [stable, canary];
  const states = pools.map((): Set<TrafficState> => new Set());
  for (let second = 0; second < 700; second += 1) {
    for (const [index, pool] of pools.entries()) {
      for (let request = 0; request < 5; request += 1) {
        const ms = 200 + request * 20 + (second >= 600 ? 600 : 0);
        pool.noteFirstByte({ ms, requestBytes: 900 }, at(second, request / 5));
        pool.note(success, at(second, request / 5));
      }
      states[index]?.add(pool.judge(at(second, 0.999), pool === canary ? stable : undefined).state);
    }
  }
  assert.deepEqual(
    states.map((each) => each.has("tripped")),
    [true, false],
  );
  assert.match(
    stable.judge(at(700)).because,
    /^\d+ of \d+ first bytes in 60 s took more than 500 ms over the usual p95/,
  );
});

test("what it says is never longer than 200 characters", () => {
  const { reports } = run(newPool(), [0, 900], {
    rps: 50,
    failing: (second) => (second % 300 < 100 ? 0.01 : 0.5),
    looks: "good",
  });
  assert.ok(reports.every(({ because }) => because.length > 0 && because.length <= 200));
});
