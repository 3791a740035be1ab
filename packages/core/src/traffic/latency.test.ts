import assert from "node:assert/strict";
import { test } from "node:test";
import { isSlow, judgeLatency, slownessOver, type UsualLatency, usualBeside } from "./latency.ts";
import { bucketOf, cellCount, cellOf, stratumOf } from "./latency-buckets.ts";

/** A window of samples: how many of which time, for which size of request. */
function windowOf(...samples: readonly (readonly [count: number, ms: number, requestBytes?: number])[]): Uint32Array {
  const window = new Uint32Array(cellCount);
  for (const [count, ms, requestBytes = 100] of samples) {
    const cell = cellOf(stratumOf(requestBytes), bucketOf(ms));
    window[cell] = (window[cell] ?? 0) + count;
  }
  return window;
}
/** Usually 1 s for all but the longest prompts, of which nothing is known, with a share that takes over 1.5 s. */
const usualOf = (tail: number): UsualLatency => ({
  p95Ms: (stratum) => (stratum < 3 ? 1_000 : undefined),
  shareOver: () => tail,
});

const table = [
  { what: "58 of 58", n: 58, above: 58, tail: 0, slow: false },
  { what: "6 of 59, which chance explains", n: 59, above: 6, tail: 0, slow: false },
  { what: "7 of 59", n: 59, above: 7, tail: 0, slow: true },
  { what: "9 of 100", n: 100, above: 9, tail: 0, slow: false },
  { what: "10 of 100", n: 100, above: 10, tail: 0, slow: true },
  { what: "16 of 200", n: 200, above: 16, tail: 0, slow: true },
  { what: "34 of 500", n: 500, above: 34, tail: 0, slow: true },
  { what: "33 of 500", n: 500, above: 33, tail: 0, slow: false },
  // A long tail: 4 % are usually over the limit.
  { what: "7 of 59, where 4 % are usual", n: 59, above: 7, tail: 0.04, slow: false },
  { what: "12 of 59, where 4 % are usual", n: 59, above: 12, tail: 0.04, slow: true },
];
for (const { what, n, above, tail, slow } of table) {
  test(`${what} over the limit: ${slow ? "slow" : "not slow"}`, () => {
    const window = windowOf([above, 1_700], [n - above, 900]);
    assert.equal(isSlow(slownessOver(window, usualOf(tail), 500)), slow);
  });
}

test("requests of several sizes add up, each against its own usual; what has none says nothing", () => {
  const usual: UsualLatency = { p95Ms: (stratum) => [1_000, 2_000, 4_000][stratum], shareOver: () => 0 };
  const window = windowOf([20, 900], [20, 2_700, 10_000], [20, 4_700, 50_000], [500, 60_000, 1_000_000]);
  assert.deepEqual(slownessOver(window, usual, 500), { n: 60, above: 40, usuallyAbove: 0 });
});

const judgeAll = (window: Uint32Array, usual: UsualLatency, ttftMaxMs?: number) =>
  judgeLatency({ window, latest: window }, { usual, ttftMaxMs }, 2);

test("a minute that was slow and is so no more isn't bad", () => {
  const window = windowOf([100, 1_700], [100, 900]);
  const kindOf = (latest: Uint32Array) =>
    judgeLatency({ window, latest }, { usual: usualOf(0), ttftMaxMs: 1_600 }, 2).kind;
  assert.deepEqual([windowOf([20, 900]), windowOf([1, 1_700], [19, 900]), windowOf()].map(kindOf), [
    "fine",
    "fine",
    "fine",
  ]);
  assert.equal(kindOf(windowOf([2, 1_700], [18, 900])), "trip");
});

test("the third bad evaluation in a row trips", () => {
  const window = windowOf([100, 1_700]);
  const minute = { window, latest: window };
  const kinds = [0, 1, 2].map(
    (badInRow) => judgeLatency(minute, { usual: usualOf(0), ttftMaxMs: undefined }, badInRow).kind,
  );
  assert.deepEqual(kinds, ["suspect", "suspect", "trip"]);
});

test("an absolute limit holds without a past", () => {
  const nothing: UsualLatency = { p95Ms: () => undefined, shareOver: () => 0 };
  const judge = (ms: number) => judgeAll(windowOf([100, ms]), nothing, 2_000);
  assert.equal(judge(2_200).because, "100 of 100 first bytes in 60 s took more than 2000 ms, by chance 9 at most");
  assert.deepEqual([judge(2_200).kind, judge(1_900).kind], ["trip", "fine"]);
});

test("too few say so", () => {
  const { kind, because } = judgeAll(windowOf([58, 9_000]), usualOf(0));
  assert.equal(kind, "insufficient-data");
  assert.equal(because, "only 58 times to first byte to compare in 60 s, 59 are needed");
});

test("a canary is compared with the default channel's present, and given the doubt", () => {
  const stable = windowOf([190, 1_000], [10, 3_000]);
  const judge = (ms: number) => judgeAll(windowOf([100, ms]), usualBeside(stable)).kind;
  // p95 of the default channel is 1 s as seen; it may be 3 s, as 10 of 200 took so long.
  assert.deepEqual([judge(1_700), judge(3_300), judge(3_700)], ["fine", "fine", "trip"]);
  assert.equal(usualBeside(windowOf([58, 1_000])).p95Ms(0), undefined);
});
