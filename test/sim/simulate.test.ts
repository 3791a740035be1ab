import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { workOff } from "./crew.ts";
import { mutants } from "./mutants/list.ts";
import { plant } from "./mutants/mutant.ts";
import { parseKept } from "./replay.ts";
import { reportOf } from "./report.ts";
import { simulate } from "./simulate.ts";
import type { Failure } from "./worker.ts";

const root = join(import.meta.dirname, "../..");

test("one seed has one history, told or not, and another seed has another", async () => {
  const [first, told, other] = [await simulate(7), await simulate(7, true), await simulate(8)];
  assert.equal(told.hash, first.hash);
  assert.equal(told.events, first.events);
  assert.notEqual(other.hash, first.hash);
  assert.ok(told.story.length > 10 && first.story.length === 0);
});

test("a few seeds break nothing, and say what they checked", async () => {
  const exercised: Record<string, number> = {};
  for (let seed = 100; seed < 110; seed += 1) {
    const { findings } = await simulate(seed);
    assert.deepEqual(findings.violations, [], `seed ${seed}`);
    for (const [id, times] of Object.entries(findings.exercised)) exercised[id] = (exercised[id] ?? 0) + times;
  }
  const { lines, gaps } = reportOf({ seeds: 10, exercised, sometimes: {} });
  assert.match(lines.find((line) => line.startsWith("I3 ")) ?? "", /^I3\s+[1-9]/);
  assert.deepEqual(gaps, [], "ten seeds are too few to miss anything");
  const idle = { ...exercised, I3: 0 };
  assert.notDeepEqual(reportOf({ seeds: 1_000, exercised: idle, sometimes: {} }).gaps, [], "a thousand are not");
});

test("a planted bug is found", async () => {
  const mutant = mutants.find(({ name }) => name === "fence-not-compared");
  assert.ok(mutant);
  const failed: Failure[] = [];
  const onDone = (outcome: { readonly failed: readonly Failure[] }): boolean => {
    failed.push(...outcome.failed);
    return failed.length > 0;
  };
  await workOff({ seeds: { from: 1, to: 200 }, mutant, hands: 1, onDone });
  assert.equal(failed[0]?.id, "I3");
});

test("every planted bug still fits the code that it is planted in", () => {
  for (const mutant of mutants)
    assert.notEqual(plant(mutant, readFileSync(join(root, mutant.file), "utf8")), undefined, mutant.name);
  assert.equal(new Set(mutants.map(({ name }) => name)).size, mutants.length);
});

test("what is played again is one kept failure, or seeds, one a line", () => {
  const kept = { seed: 8, id: "I21", sentence: "it never asked", mutant: "blind-retry", version: "abc" };
  assert.deepEqual(parseKept(JSON.stringify(kept)), [kept]);
  assert.deepEqual(parseKept("7\n # those of Monday\n 12 \n"), [{ seed: 7 }, { seed: 12 }]);
});
