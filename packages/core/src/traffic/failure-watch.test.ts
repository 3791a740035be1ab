import assert from "node:assert/strict";
import { test } from "node:test";
import { monoMs } from "../model.ts";
import { noCounts } from "./count-ring.ts";
import { type FailureWatch, watchFailures } from "./failure-watch.ts";

/** `perSecond` requests a second, of which each nth fails. */
function run(watch: FailureWatch, [fromS, untilS]: readonly [number, number], failEach: number): void {
  let count = 0;
  for (let ms = fromS * 1_000; ms < untilS * 1_000; ms += 100) {
    count += 1;
    watch.note(count % failEach === 0, monoMs(ms));
  }
}

test("10 s, 60 s and the 30 min before those", () => {
  const watch = watchFailures();
  run(watch, [0, 3_600], 10);
  const { fast, slow, baseline } = watch.facts(monoMs(3_599_999));
  assert.deepEqual(fast, { failures: 10, n: 100 });
  assert.deepEqual(slow, { failures: 60, n: 600 });
  assert.deepEqual(baseline, { failures: 1_800, n: 18_000 });
});

test("the last minute is no past yet", () => {
  const watch = watchFailures();
  run(watch, [0, 60], 1);
  assert.deepEqual(watch.facts(monoMs(60_000)).baseline, noCounts);
  assert.deepEqual(watch.facts(monoMs(80_000)).baseline, { failures: 200, n: 200 });
});

test("a row ends with a success, and when nothing comes for a minute", () => {
  const watch = watchFailures();
  run(watch, [0, 2], 1);
  assert.equal(watch.failuresInRow, 20);
  assert.equal(watch.facts(monoMs(61_000)).failuresInRow, 20);
  assert.equal(watch.facts(monoMs(62_000)).failuresInRow, 0);
  watch.note(true, monoMs(62_000));
  assert.equal(watch.failuresInRow, 1);
  watch.note(false, monoMs(62_001));
  assert.equal(watch.failuresInRow, 0);
});

test("what led to a trip, and what came of it, is no past to measure by", () => {
  const watch = watchFailures();
  run(watch, [0, 1_000], 100);
  run(watch, [1_000, 1_010], 1);
  const usual = watch.baseline(monoMs(1_010_000));
  assert.equal(usual.failures / usual.n, 0.01);
  watch.freeze(monoMs(1_010_000));
  run(watch, [1_010, 3_000], 1);
  assert.deepEqual(watch.baseline(monoMs(3_000_000)), usual);
  watch.thaw();
  assert.deepEqual(watch.baseline(monoMs(3_000_000)), noCounts);
});

test("since a moment, of at most a minute", () => {
  const watch = watchFailures();
  run(watch, [0, 100], 10);
  assert.deepEqual(watch.since(monoMs(95_000), monoMs(99_999)), { failures: 5, n: 50 });
  assert.deepEqual(watch.since(monoMs(0), monoMs(99_999)), { failures: 60, n: 600 });
  assert.deepEqual(watch.since(monoMs(100_000), monoMs(99_999)), noCounts);
  watch.restart(monoMs(99_999));
  assert.deepEqual(watch.facts(monoMs(99_999)).slow, noCounts);
});
