import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Counts, noCounts } from "./count-ring.ts";
import { type FailureFacts, type Judgement, judgeFailures, judgeRecovery } from "./failure-rate.ts";

const of = (failures: number, n: number): Counts => ({ failures, n });
const facts = (more: Partial<FailureFacts>): FailureFacts => ({
  fast: noCounts,
  slow: noCounts,
  baseline: noCounts,
  failuresInRow: 0,
  ...more,
});

const spotless = of(0, 90_000);
const onePercent = of(900, 90_000);

/** `failures` are the fewest of `n` that trip. */
const fastTable = [
  { n: 20, failures: 4 },
  { n: 30, failures: 5 },
  { n: 50, failures: 7 },
  { n: 100, failures: 11 },
  { n: 200, failures: 18 },
  { n: 500, failures: 37 },
  { n: 1_000, failures: 67 },
];
for (const { n, failures } of fastTable) {
  test(`of ${n} in 10 s, ${failures} failures trip, and one less doesn't`, () => {
    for (const baseline of [noCounts, spotless]) {
      assert.equal(judgeFailures(facts({ fast: of(failures, n), baseline })).kind, "trip");
      assert.notEqual(judgeFailures(facts({ fast: of(failures - 1, n), baseline })).kind, "trip");
    }
  });
}

for (const { n, failures } of [
  { n: 100, failures: 6 },
  { n: 500, failures: 18 },
]) {
  test(`of ${n} in 60 s, ${failures} failures trip, and one less doesn't`, () => {
    assert.equal(judgeFailures(facts({ slow: of(failures, n), baseline: spotless })).kind, "trip");
    assert.notEqual(judgeFailures(facts({ slow: of(failures - 1, n), baseline: spotless })).kind, "trip");
  });
}

const cases: readonly (readonly [string, Partial<FailureFacts>, Judgement["kind"]])[] = [
  ["no traffic", {}, "insufficient-data"],
  ["2 of 4", { fast: of(2, 4), slow: of(2, 4) }, "insufficient-data"],
  ["19 of 19, not in a row", { fast: of(18, 19), slow: of(18, 19), failuresInRow: 9 }, "suspect"],
  ["little in 10 s, enough in 60 s", { fast: of(0, 5), slow: of(0, 30) }, "fine"],
  ["10 in a row, and nothing else", { failuresInRow: 10 }, "trip"],
  ["9 in a row", { failuresInRow: 9 }, "suspect"],
  ["4 in a row", { failuresInRow: 4, fast: of(4, 500), slow: of(4, 3_000), baseline: spotless }, "fine"],
  ["3 % where 1 % is usual", { fast: of(15, 500), slow: of(90, 3_000), baseline: onePercent }, "fine"],
  ["3 % where nothing is usual", { fast: of(15, 500), slow: of(90, 3_000), baseline: spotless }, "trip"],
  ["20 % where 1 % is usual", { fast: of(100, 500), slow: of(100, 3_000), baseline: onePercent }, "trip"],
  [
    "6 % where 1 % is usual, not sure in 10 s",
    { fast: of(30, 500), slow: of(40, 3_000), baseline: onePercent },
    "suspect",
  ],
  ["4 of 20 where 1 % is usual", { fast: of(4, 20), slow: of(5, 120), baseline: onePercent }, "suspect"],
  ["5 of 20 where 1 % is usual", { fast: of(5, 20), slow: of(6, 120), baseline: onePercent }, "trip"],
  ["a slow burn without a past", { fast: of(15, 500), slow: of(90, 3_000), baseline: of(0, 99) }, "fine"],
  ["60 %, though 40 % are usual", { fast: of(350, 500), slow: of(900, 3_000), baseline: of(36_000, 90_000) }, "trip"],
];
for (const [name, more, kind] of cases) {
  test(`${name}: ${kind}`, () => assert.equal(judgeFailures(facts(more)).kind, kind));
}

test("the sentence has the numbers that decided", () => {
  const { because } = judgeFailures(facts({ fast: of(100, 500), baseline: onePercent }));
  assert.equal(because, "100 of 500 requests failed in 10 s, certainly over 16 %; usual are 1.0 %");
  const { because: fresh } = judgeFailures(facts({ fast: of(100, 500) }));
  assert.equal(fresh, "100 of 500 requests failed in 10 s, certainly over 16 %; there is no past to compare with");
  assert.equal(
    judgeFailures(facts({ slow: of(2, 4) })).because,
    "2 of 4 requests failed in 60 s, at least 20 are needed to judge",
  );
});

test("a worse past never makes it trip sooner, and more failures never later", () => {
  const counts = fc.integer({ min: 1, max: 5_000 }).chain((n) => fc.tuple(fc.nat(n), fc.constant(n)));
  fc.assert(
    fc.property(counts, fc.nat(90_000), fc.nat(10_000), ([failures, n], usual, more) => {
      const trips = (fast: Counts, baseline: Counts): boolean =>
        judgeFailures(facts({ fast, baseline })).kind === "trip";
      const isTripped = trips(of(failures, n), of(usual, 90_000));
      if (!isTripped) assert.ok(!trips(of(failures, n), of(Math.min(90_000, usual + more), 90_000)));
      else assert.ok(trips(of(Math.min(n, failures + more), n), of(usual, 90_000)));
    }),
  );
});

const recoveryTable = [
  ["nothing yet", of(0, 0), noCounts, "clean"],
  ["0 of 15", of(0, 15), noCounts, "clean"],
  ["1 of 15", of(1, 15), noCounts, "dirty"],
  ["1 of 101", of(1, 101), noCounts, "clean"],
  ["3 of 3", of(3, 3), noCounts, "trip"],
  ["2 of 2", of(2, 2), noCounts, "dirty"],
  ["3 of 15", of(3, 15), noCounts, "trip"],
  ["3 of 100", of(3, 100), noCounts, "dirty"],
  ["3 % where 2 % were usual", of(3, 100), of(1_800, 90_000), "clean"],
  ["4 % where 2 % were usual", of(4, 100), of(1_800, 90_000), "dirty"],
] as const;
for (const [name, counts, baseline, expected] of recoveryTable) {
  test(`while it gets its users back, ${name}: ${expected}`, () =>
    assert.equal(judgeRecovery(counts, baseline), expected));
}
