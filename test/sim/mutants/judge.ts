import { availableParallelism } from "node:os";
import { workOff } from "../crew.ts";
import { keepFailure } from "../replay.ts";
import type { Failure } from "../worker.ts";
import { mutants } from "./list.ts";
import type { Mutant } from "./mutant.ts";

/** The share of planted bugs that the seeds of a CI run must find: 18 of 20. All must be found by the last seed. */
const foundShareMin = 0.9;
const seedsOfCi = 2_000;
export const seedsMax = 20_000;

export type Judging = {
  readonly names: readonly string[];
  readonly seeds: number;
  /** Only the bugs that seldom take many seeds. */
  readonly isShort: boolean;
  /** What isn't found by then counts as not found. */
  readonly minutes: number;
};

type Found = { readonly mutant: Mutant; readonly seeds: number; readonly first: Failure | undefined };

/** Plants each bug in turn and looks for the lowest seed that shows it, as many at a time as there are cores. */
export async function judgeMutants({ names, seeds, isShort, minutes }: Judging): Promise<number> {
  const unknown = names.filter((name) => !mutants.some((mutant) => mutant.name === name));
  if (unknown.length > 0) {
    console.error(
      `no planted bug is called ${unknown.join(", ")}; there are ${mutants.map(({ name }) => name).join(", ")}`,
    );
    return 2;
  }
  const isMeant = ({ name, isRare }: Mutant): boolean =>
    names.length === 0 ? !(isShort && isRare) : names.includes(name);
  const waiting = mutants.filter(isMeant);
  const until = performance.now() + minutes * 60_000;
  const found: Found[] = [];
  const lane = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
      const one = await search(mutant, { seeds, until });
      found.push(one);
      console.log(rowOf(one));
      if (one.first && names.length > 0)
        console.log(`  again: pnpm sim --replay ${keepFailure(one.first, mutant.name)}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return sumUp(found, seeds);
}

async function search(
  mutant: Mutant,
  { seeds: most, until }: { readonly seeds: number; readonly until: number },
): Promise<Found> {
  const failed: Failure[] = [];
  let seeds = 0;
  await workOff({
    seeds: { from: 1, to: most + 1 },
    mutant,
    hands: 1,
    onDone(outcome) {
      seeds += outcome.seeds;
      failed.push(...outcome.failed);
      return failed.length > 0 || performance.now() > until;
    },
  });
  return { mutant, seeds, first: failed[0] };
}

const rowOf = ({ mutant, seeds, first }: Found): string =>
  `${mutant.name.padEnd(32)} ${String(seeds).padStart(6)}  ${first ? `${first.id.padEnd(5)} ${first.sentence.slice(0, 120)}` : "NOT FOUND"}`;

function sumUp(found: readonly Found[], seeds: number): number {
  const all = found.filter(({ first }) => first);
  const early = all.filter((each) => each.seeds <= seedsOfCi);
  console.log(
    `${found.length} planted bugs: ${early.length} found within ${Math.min(seeds, seedsOfCi)} seeds, ${all.length} within ${seeds}`,
  );
  const isEnough = early.length >= found.length * foundShareMin && (seeds < seedsMax || all.length === found.length);
  return isEnough ? 0 : 1;
}
