import { peer } from "../peers/peer.ts";
import { type Run, runs } from "./runs.ts";
import { search } from "./search.ts";
import type { Verdict } from "./verdict.ts";

// `pnpm model [NAME-PART …]`: every history of lease, fence and failsafe that the model in this folder has, and the shortest one that
// breaks each naive variant. docs/guarantees.md says how to read them.

process.exitCode = main(process.argv.slice(2).filter((argument) => argument !== "--"));

function main(parts: readonly string[]): number {
  const [spin, gcc] = [peer("spin"), peer("gcc")];
  if (spin.path === undefined || gcc.path === undefined) {
    console.error([spin.skip, gcc.skip].filter(Boolean).join("; "));
    return 1;
  }
  const chosen = runs.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)));
  const bad = chosen.filter((run) => {
    const began = performance.now();
    const verdict = search({ spin: spin.path, gcc: gcc.path }, run);
    const seconds = ((performance.now() - began) / 1_000).toFixed(0);
    const isGood = isExpected(run, verdict);
    console.log(`${isGood ? "" : "!!! "}${run.name}: ${run.about} (${seconds} s)\n  ${tell(verdict)}\n`);
    return !isGood;
  });
  if (chosen.length === 0) console.error(`no run is called so; there are ${runs.map(({ name }) => name).join(", ")}`);
  if (bad.length > 0)
    console.error(`not as expected: ${bad.map(({ name, expected }) => `${name} (${expected})`).join(", ")}`);
  return chosen.length > 0 && bad.length === 0 ? 0 : 1;
}

function isExpected({ expected }: Run, verdict: Verdict): boolean {
  return verdict.kind === "breaks" ? verdict.what === expected : verdict.kind === expected;
}

function tell(verdict: Verdict): string {
  switch (verdict.kind) {
    case "holds":
      return `holds in all of ${verdict.states.toLocaleString("en")} states`;
    case "breaks":
      return `breaks, as in this history:\n    ${verdict.trail.join("\n    ")}`;
    case "unfinished":
      return `was not searched to its end: ${verdict.because}`;
    default:
      return verdict satisfies never;
  }
}
