import assert from "node:assert/strict";
import { test } from "node:test";
import { makePrng } from "@sluice/testkit";
import { type MonoMs, monoMs } from "../model.ts";
import { type FirstByte, type LatencyWatch, watchLatency } from "./latency-watch.ts";

type Load = {
  readonly seed?: number;
  readonly perMinute: number;
  /** Time to first byte by chance, uniform in [0, 1), and the second. */
  readonly ms: (chance: number, second: number) => number;
  readonly sample?: Partial<FirstByte>;
};

/** Passes the load on from one second to another, judging each second; when it first tripped, in seconds. */
function run(watch: LatencyWatch, [fromS, untilS]: readonly [number, number], load: Load): number | undefined {
  const prng = makePrng(load.seed ?? 1);
  let trippedS: number | undefined;
  for (let second = fromS; second < untilS; second += 1) {
    const count = Math.floor(((second + 1) * load.perMinute) / 60) - Math.floor((second * load.perMinute) / 60);
    for (let index = 0; index < count; index += 1) {
      const ms = load.ms(prng.next(), second);
      watch.note({ ms, requestBytes: 500, ...load.sample }, at(second, index / count));
    }
    if (watch.judge(at(second, 1)).kind === "trip") trippedS ??= second;
  }
  return trippedS;
}
const at = (second: number, part: number): MonoMs => monoMs(second * 1_000 + Math.floor(part * 999));
/** 250 ± 150 ms: p95 is 385 ms. */
const usual = (chance: number): number => 100 + chance * 300;
const warmed = (perMinute: number, seed = 1): LatencyWatch => {
  const watch = watchLatency(undefined, monoMs(0));
  run(watch, [0, 900], { perMinute, ms: usual, seed });
  return watch;
};
const seeds = Array.from({ length: 40 }, (_, seed) => seed);

for (const perMinute of [60, 120, 3_000]) {
  test(`+600 ms at ${perMinute} a minute trips within 90 s`, () => {
    for (const seed of seeds.slice(0, 10)) {
      const trippedS = run(warmed(perMinute, seed), [900, 1_000], {
        perMinute,
        seed,
        ms: (chance) => usual(chance) + 600,
      });
      assert.ok(trippedS !== undefined && trippedS < 990, `seed ${seed}: ${trippedS}`);
    }
  });
  test(`+400 ms at ${perMinute} a minute never trips`, () => {
    for (const seed of perMinute > 1_000 ? seeds.slice(0, 4) : seeds) {
      const load = { perMinute, seed, ms: (chance: number) => usual(chance) + 400 };
      assert.equal(run(warmed(perMinute, seed), [900, 2_700], load), undefined, `seed ${seed}`);
    }
  });
}

test("only 58 a minute are too few, however slow", () => {
  const watch = warmed(58);
  assert.equal(run(watch, [900, 1_200], { perMinute: 58, ms: () => 9_000 }), undefined);
  assert.equal(watch.judge(monoMs(1_200_000)).kind, "insufficient-data");
});

test("a stall of 10 s doesn't trip, one of 50 s does", () => {
  for (const [lastsS, isTripped] of [
    [10, false],
    [50, true],
  ] as const) {
    const ms = (chance: number, second: number): number => usual(chance) + (second < 905 + lastsS ? 5_000 : 0);
    const watch = warmed(600);
    run(watch, [900, 905], { perMinute: 600, ms: usual });
    assert.equal(run(watch, [905, 1_100], { perMinute: 600, ms }) !== undefined, isTripped, `${lastsS} s`);
  }
});

test("what was slow is not usual", () => {
  const watch = warmed(600);
  const load = { perMinute: 600, ms: (chance: number) => usual(chance) + 2_000 };
  run(watch, [900, 930], load);
  watch.freeze(true);
  assert.ok(run(watch, [930, 2_700], load));
  assert.equal(watch.judge(monoMs(2_700_000)).kind, "trip");
  assert.ok(!watch.isEased());
});

test("what creeps up in half an hour becomes usual: the absolute limit is there for that", () => {
  const load = { perMinute: 600, ms: (chance: number, second: number) => usual(chance) + (second - 900) / 3.6 };
  assert.equal(run(warmed(600), [900, 4_500], load), undefined);
  const limited = watchLatency(1_000, monoMs(0));
  run(limited, [0, 900], { perMinute: 600, ms: usual });
  const trippedS = run(limited, [900, 4_500], load);
  // p95 is 385 ms and rises by 1 ms in 3.6 s.
  assert.ok(trippedS !== undefined && trippedS > 900 + 615 * 3.6 && trippedS < 900 + 615 * 3.6 + 250, String(trippedS));
});

test("one tenant with huge prompts doesn't trip, in a size of his own or among others", () => {
  const tenant: Load = { perMinute: 600, ms: () => 8_000, sample: { userHash: 42, requestBytes: 400_000 } };
  const among: Load = { ...tenant, sample: { userHash: 42, requestBytes: 500 } };
  for (const load of [tenant, among]) {
    const watch = warmed(120);
    for (let second = 900; second < 1_500; second += 1) {
      run(watch, [second, second + 1], { perMinute: 120, ms: usual, seed: second });
      assert.notEqual(run(watch, [second, second + 1], load), second);
    }
  }
});

test("the first 120 s and 100 requests are ignored, at the start and when endpoints came", () => {
  const cold = watchLatency(1_000, monoMs(0));
  assert.equal(run(cold, [0, 120], { perMinute: 3_000, ms: () => 9_000 }), undefined);
  assert.ok(run(cold, [120, 200], { perMinute: 3_000, ms: () => 9_000 }));

  const watch = warmed(600);
  watch.warmUp(monoMs(900_000));
  assert.equal(run(watch, [900, 1_020], { perMinute: 600, ms: () => 9_000 }), undefined);
});

test("a pool that hangs is slow, though no first byte ever comes", () => {
  const watch = warmed(120);
  let trippedS: number | undefined;
  for (let second = 900; second < 1_000; second += 1) {
    watch.noteGivenUp({ ms: 10_000, requestBytes: 500 }, at(second, 0));
    watch.noteGivenUp({ ms: 10_000, requestBytes: 500 }, at(second, 0.5));
    if (watch.judge(at(second, 1)).kind === "trip") trippedS ??= second;
  }
  assert.ok(trippedS !== undefined && trippedS < 990, String(trippedS));
});

test("clients that leave soon say nothing", () => {
  const watch = warmed(120);
  for (let second = 900; second < 1_000; second += 1) watch.noteGivenUp({ ms: 700, requestBytes: 500 }, at(second, 0));
  assert.equal(watch.judge(monoMs(1_000_000)).kind, "insufficient-data");
});

test("few requests and a long tail are no slowness", () => {
  for (const seed of seeds.slice(0, 3)) {
    const watch = watchLatency(undefined, monoMs(0));
    // Pareto's: p95 is 2.8 s and p99 9.5 s.
    const ms = (chance: number): number => 300 * (1 - chance) ** -0.75;
    assert.equal(run(watch, [0, 86_400], { perMinute: 60, seed, ms }), undefined, `seed ${seed}`);
  }
});

test("a quiet night forgets nothing", () => {
  const watch = warmed(600);
  run(watch, [900, 960], { perMinute: 600, ms: usual });
  const night = 12 * 3_600;
  const trippedS = run(watch, [night, night + 100], { perMinute: 600, ms: (chance) => usual(chance) + 600 });
  assert.ok(trippedS !== undefined && trippedS < night + 90, String(trippedS));
});
