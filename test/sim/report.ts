import { type Invariant, invariants } from "./checks/invariants.ts";
import { requiredSometimes } from "./checks/sometimes.ts";

/** From so many seeds on, a checker without anything to check is a weakness of the simulator and fails the run. */
const enoughSeeds = 500;
/** And from so many on, something rare that never happened. */
const enoughForRare = 5_000;

export type Totals = {
  readonly seeds: number;
  readonly exercised: Readonly<Record<string, number>>;
  readonly sometimes: Readonly<Record<string, number>>;
};

/** The table of invariants, and what was never exercised. */
export function reportOf(totals: Totals): { readonly lines: readonly string[]; readonly gaps: readonly string[] } {
  const rows = invariants.map((each: Invariant) => rowOf(each, totals));
  const unseen = requiredSometimes.filter((what) => !totals.sometimes[what]);
  const idle = invariants
    .filter((each) => "checker" in each && !totals.exercised[each.id])
    .map(({ id, about }) => `${id} (${about})`);
  const gaps = [
    ...(totals.seeds >= enoughSeeds ? idle.map((what) => `never exercised: ${what}`) : []),
    ...(totals.seeds >= enoughForRare ? unseen.map((what) => `never happened: ${what}`) : []),
  ];
  const seen = requiredSometimes.length - unseen.length;
  return {
    lines: [
      ...rows,
      "",
      `rare things that must happen: ${seen} of ${requiredSometimes.length} did`,
      ...unseen.map((what) => `  not yet: ${what}`),
    ],
    gaps,
  };
}

function rowOf(each: Invariant, { exercised }: Totals): string {
  const count = "missing" in each ? "-" : String(exercised[each.id] ?? 0);
  const how = "missing" in each ? `not checked: ${each.missing}` : each.checker;
  return `${each.id.padEnd(4)} ${count.padStart(10)}  ${each.about.padEnd(66)} ${how}`;
}
