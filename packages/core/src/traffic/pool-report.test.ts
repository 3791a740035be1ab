import assert from "node:assert/strict";
import { test } from "node:test";
import { monoMs } from "../model.ts";
import type { Judgement } from "./failure-rate.ts";
import type { PoolHealth } from "./pool-health.ts";
import { reportOf } from "./pool-report.ts";

const fine: Judgement = { kind: "fine", because: "3 of 900 requests failed in 60 s" };
const thin: Judgement = {
  kind: "insufficient-data",
  because: "2 of 4 requests failed in 60 s, at least 20 are needed to judge",
};
const onTime: Judgement = { kind: "fine", because: "time to first byte as usual" };
const after = { trippedAt: monoMs(0), because: "10 requests failed in a row", holdMs: 60_000 };

const table: readonly (readonly [PoolHealth, Judgement, string, string])[] = [
  [{ kind: "healthy", since: monoMs(0), holdMs: 0 }, fine, "healthy", `${fine.because}; ${onTime.because}`],
  [{ kind: "healthy", since: monoMs(0), holdMs: 0 }, thin, "insufficient-data", thin.because],
  [{ kind: "suspect", since: monoMs(0), because: "5 failed", holdMs: 0 }, fine, "suspect", "5 failed"],
  [{ kind: "tripped", ...after }, fine, "tripped", "10 requests failed in a row; held for 60 s"],
  [
    { kind: "probing", ...after },
    fine,
    "tripped",
    "10 requests failed in a row; the hold is over, good looks are awaited",
  ],
  [
    { kind: "recovering", ...after, step: 2, stepSince: monoMs(0), cleanSince: undefined },
    fine,
    "recovering",
    "20 % of its users are back; it had tripped: 10 requests failed in a row",
  ],
];
for (const [health, judgement, state, because] of table) {
  test(`${health.kind}, ${judgement.kind}: ${because}`, () => {
    const report = reportOf("pool:chat/stable@site-a", health, { judgement, slowness: onTime });
    assert.deepEqual(report, { target: "pool:chat/stable@site-a", state, because });
  });
}

test("a long sentence is cut", () => {
  const health: PoolHealth = { kind: "suspect", since: monoMs(0), because: "x".repeat(500), holdMs: 0 };
  assert.equal(reportOf("t", health, { judgement: fine, slowness: onTime }).because.length, 200);
});
