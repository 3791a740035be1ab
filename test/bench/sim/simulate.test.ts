import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { readConfigFile } from "@sluice/contract";
import { type Config, configuredTargets } from "@sluice/core";
import { makePlainEye, TableEye } from "./eye.ts";
import { type HealthTable, makeHealthTable } from "./health-table.ts";
import { allSeries, type Series } from "./series.ts";
import { type SimOptions, type SimResult, simulate } from "./simulate.ts";

let config: Config;
let table: HealthTable;
before(async () => {
  config = await readConfigFile(join(import.meta.dirname, "../../../packages/contract/examples/lab.yaml"));
  table = makeHealthTable(config.probes);
});

/** So much fails that opinions turn all the time. */
const rough: Series = { name: "rough", failing: 0.4, failure: "refused", hasBlindVantage: false, aim: undefined };

const run = (series: Series, seed: number, options: Partial<SimOptions> = {}): SimResult =>
  simulate({ config, series, seed, hours: 0.25, makeEye: (at) => new TableEye(at, table), ...options });

for (const series of [...allSeries, rough, { ...rough, name: "rough and silent", failure: "silent" } as const]) {
  test(`the table sees what the agent's own functions see: ${series.name}`, () => {
    for (const seed of [1, 2, 3]) {
      const seen = run(series, seed);
      assert.deepEqual(run(series, seed, { makeEye: makePlainEye }), seen);
      assert.ok(seen.looks > 0.25 * 3_600 * 30);
    }
  });
}

test("cycles that are left out would have moved nothing", () => {
  for (const seed of [1, 2]) {
    const both = { ...rough, failing: 0.15, hasBlindVantage: true };
    const seen = run(both, seed);
    assert.ok(seen.moves.length > 0);
    const every = run(both, seed, { everyCycle: true });
    assert.deepEqual(every.moves, seen.moves);
  }
});

test("another seed sees other looks, and the same seed the same", () => {
  assert.equal(run(rough, 7).digest, run(rough, 7).digest);
  assert.notEqual(run(rough, 7).digest, run(rough, 8).digest);
});

test("a blind agent turns on every target once, and nobody follows it", () => {
  const targets = configuredTargets(config).length;
  for (const series of allSeries.filter(({ aim }) => aim === 0)) {
    const { blind, falseDowns, moves } = run(series, 4);
    assert.deepEqual(
      falseDowns,
      config.agents.map((_, agent) => (agent === blind ? targets : 0)),
    );
    assert.deepEqual(moves, []);
  }
});
