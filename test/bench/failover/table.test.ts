import assert from "node:assert/strict";
import { test } from "node:test";
import { epochMs } from "@sluice/core";
import type { Played } from "./play-series.ts";
import type { Series } from "./series.ts";
import { aimsOf, rowsOf } from "./table.ts";

const [from, until] = [epochMs(0), epochMs(1)];
const series: Series = { name: "killed", fault: "killed", edits: {}, leader: "arbiter-w", ratioMax: 0.25 };

/** Rounds by how long ours and gdnsd took. */
const played = (of: Series, ...rounds: readonly (readonly [number, number?])[]): Played => ({
  series: of,
  unasked: [],
  failure: undefined,
  rounds: rounds.map(([ours, theirs]) => ({
    from,
    until,
    ours: { firstMs: ours / 2, allMs: ours },
    theirs: theirs === undefined ? undefined : { firstMs: theirs, allMs: theirs },
  })),
});

test("ratios are ours by gdnsd's, figure by figure", () => {
  const [first, all] = rowsOf(played(series, [1_000, 5_000], [2_000, 8_000], [3_000]));
  assert.deepEqual(first?.slice(2), ["3", "0.50", "1.00", "1.50", "5.00", "5.00", "8.00", "0.10", "0.20", "0.19"]);
  assert.deepEqual(all?.slice(2), ["3", "1.00", "2.00", "3.00", "5.00", "5.00", "8.00", "0.20", "0.40", "0.38"]);
  assert.deepEqual(rowsOf(played(series))[1]?.slice(2), ["0", ...Array.from({ length: 9 }, () => "–")]);
});

test("an aim is missed at its limit, and a series that loses its leader is held to none", () => {
  const { ratioMax: _, ...alone } = series;
  const aims = aimsOf([played(series, [1_000, 4_000], [5_000, 20_000]), played(alone, [16_000])]);
  assert.deepEqual(
    aims.map(({ measured, isMet }) => [measured, isMet]),
    [
      ["0.250", false],
      ["5.00 s", false],
    ],
  );
  assert.deepEqual(
    aimsOf([played(series, [999, 4_000])]).map(({ isMet }) => isMet),
    [true, true],
  );
  assert.deepEqual(aimsOf([played(alone, [16_000])]), []);
});
