import { failsafeMutants } from "./failsafe.ts";
import type { Mutant } from "./mutant.ts";
import { votingMutants } from "./voting.ts";
import { writingMutants } from "./writing.ts";

/** All planted bugs. The list was fixed before the simulator was tuned: what it doesn't find is said, not taken out. */
export const mutants: readonly Mutant[] = [...writingMutants, ...votingMutants, ...failsafeMutants];
