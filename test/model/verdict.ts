import { type Broken, broken } from "./runs.ts";

/** What came of a search. */
export type Verdict =
  | { readonly kind: "holds"; readonly states: number }
  | { readonly kind: "breaks"; readonly what: Broken; readonly trail: readonly string[] }
  /** It ended before it had seen everything, or it ended oddly. */
  | { readonly kind: "unfinished"; readonly because: string };

/** Reads what the verifier says at its end. `tellTrail` replays the counter-example. */
export function verdictOf(output: string, tellTrail: () => string): Verdict {
  const errors = /errors: (\d+)/.exec(output)?.[1];
  if (errors === undefined) return unfinished(output);
  if (errors !== "0") return fromTrail(tellTrail());
  if (/not completed|too small/.test(output)) return unfinished(output);
  return { kind: "holds", states: Number(/(\S+) states, stored/.exec(output)?.[1]) };
}

function fromTrail(told: string): Verdict {
  const lines = told.split("\n").map((line) => line.trim());
  const trail = lines.filter((line) => /^(arbiter|the data plane|the write|time|VIOLATED) /.test(line));
  const what = broken.find((each) => trail.at(-1)?.startsWith(`VIOLATED ${each}:`));
  return what ? { kind: "breaks", what, trail } : unfinished(told);
}

const unfinished = (output: string): Verdict => ({ kind: "unfinished", because: output.trim().slice(0, 2_000) });
