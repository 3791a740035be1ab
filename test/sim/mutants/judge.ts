import { workOff } from "../crew.ts";
import type { Failure } from "../worker.ts";
import { mutants } from "./list.ts";
import type { Mutant } from "./mutant.ts";

/** The share of planted bugs that must be found: 18 of 20. */
const foundShareMin = 0.9;

/** Plants each bug in turn and looks for a seed that shows it. */
export async function judgeMutants(names: readonly string[], seedsMax: number): Promise<number> {
  const unknown = names.filter((name) => !mutants.some((mutant) => mutant.name === name));
  if (unknown.length > 0) {
    console.error(
      `no planted bug is called ${unknown.join(", ")}; there are ${mutants.map(({ name }) => name).join(", ")}`,
    );
    return 2;
  }
  const chosen = names.length === 0 ? mutants : mutants.filter(({ name }) => names.includes(name));
  let found = 0;
  for (const mutant of chosen) {
    const { first, seeds, seconds } = await search(mutant, seedsMax);
    if (first) found += 1;
    const what = first
      ? `found after ${seeds} seeds by ${first.id} (seed ${first.seed})`
      : `NOT found in ${seeds} seeds`;
    console.log(`${mutant.name.padEnd(34)} ${what}, ${seconds.toFixed(0)} s`);
    if (first) console.log(`  ${first.sentence.slice(0, 160)}`);
  }
  console.log(`${found} of ${chosen.length} planted bugs found within ${seedsMax} seeds`);
  return found >= chosen.length * foundShareMin ? 0 : 1;
}

async function search(mutant: Mutant, seedsMax: number) {
  const began = performance.now();
  const failed: Failure[] = [];
  let seeds = 0;
  await workOff({
    seeds: { from: 1, to: seedsMax + 1 },
    mutant,
    onDone(outcome) {
      seeds += outcome.seeds;
      failed.push(...outcome.failed);
      return failed.length > 0;
    },
  });
  const [first] = failed.toSorted((one, other) => one.seed - other.seed);
  return { first, seeds, seconds: (performance.now() - began) / 1_000 };
}
