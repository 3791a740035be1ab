import type { Mutant } from "./mutant.ts";

const core = "packages/core/src";
const arbiter = "services/arbiter/src";

/** Bugs in what is held to be true, and in what is done about it. */
export const votingMutants: readonly Mutant[] = [
  {
    name: "unknown-counts-as-down",
    about: "a domain that says nothing counts as one that says down",
    file: `${core}/tally.ts`,
    find: 'down: domainsSaying("down").length,',
    replace: 'down: domainsSaying("down").length + domainsSaying("unknown").length,',
  },
  {
    name: "majority-of-the-living",
    about: "a majority of those who voted is enough",
    file: `${core}/verdict.ts`,
    find: "const needed = majority(tally.electorate);",
    replace: "const needed = majority(Math.max(1, tally.electorate - tally.unknown));",
  },
  {
    name: "wall-clock-for-freshness",
    about: "the age of votes is measured by the wall clock",
    file: `${arbiter}/ballots.ts`,
    find: "export function makeBallots(deps: Deps): Ballots {",
    replace:
      "export function makeBallots(given: Deps): Ballots {\n  const wall = () => given.clock.wallMs() as never;\n  const deps = { ...given, clock: { ...given.clock, monotonicMs: wall } };",
  },
  {
    name: "nonce-age-ignored",
    about: "a report that was held up on the way counts as fresh",
    file: `${core}/ballot-box.ts`,
    find: "const issued = ballot.nonces.find((entry) => entry.nonce === report.nonce);",
    replace:
      "const known = ballot.nonces.find((entry) => entry.nonce === report.nonce);\n  const issued = known && { ...known, issuedAt: at.now };",
  },
  {
    name: "stale-votes-counted",
    about: "the last report of an agent counts for ever",
    file: `${core}/ballot-box.ts`,
    find: 'if (at.now - ballot.issuedAt > at.ageMaxMs) return "stale";',
    replace: "",
  },
  {
    name: "replay-accepted",
    about: "an earlier report of an agent replaces a later one",
    file: `${core}/ballot-box.ts`,
    find: 'if (isOverrun(ballot, report, issued.issuedAt)) return { kind: "refused", because: "old-seq" };',
    replace: "",
  },
  {
    name: "self-check-ignored",
    about: "the votes of an agent that doesn't trust its own eyes count",
    file: `${core}/ballot-box.ts`,
    find: 'return report.selfCheck.kind === "ok" ? undefined : report.selfCheck.because;',
    replace: "return undefined;",
    isRare: true,
  },
  {
    name: "one-agent-speaks-for-its-domain",
    about: "one of several agents of a domain that says down is enough",
    file: `${core}/tally.ts`,
    find: 'for (const opinion of ["healthy", "degraded", "down"] as const) {',
    replace: 'for (const opinion of ["down", "degraded", "healthy"] as const) {',
  },
  {
    name: "cool-down-blocks-evacuation",
    about: "the cool-down leaves traffic on a dead site",
    file: `${core}/move.ts`,
    find: "if (assessment.isEvacuation) return",
    replace: "if (assessment.isEvacuation && state.moves.length === 0) return",
  },
  {
    name: "cool-down-dropped",
    about: "a service moves by itself as often as it likes",
    file: `${core}/brake.ts`,
    find: "if (leftMs <= 0 || of.agesMs.length === 0) return undefined;",
    replace: "if (leftMs <= settings.cooldownMs || of.agesMs.length === 0) return undefined;",
  },
  {
    name: "latch-dropped",
    about: "too many moves don't latch a service to manual",
    file: `${core}/brake.ts`,
    find: "if (of.isLatched) {",
    replace: "if (of.isLatched && of.agesMs.length < 0) {",
  },
  {
    name: "quarantined-last-resort-refused",
    about: "a healthy site that is quarantined is no target even when nothing else is left",
    file: `${core}/rank.ts`,
    find: 'down: ["healthy", "degraded", "quarantined"],',
    replace: 'down: ["healthy", "degraded"],',
  },
  {
    name: "pin-forgotten-by-automation",
    about: "a pin doesn't hold what is served",
    file: `${core}/override.ts`,
    find: "if (site !== undefined) return onSite(site);",
    replace: "if (site !== undefined && undrained(base, overrides) === undefined) return onSite(site);",
  },
  {
    name: "freeze-forgotten",
    about: "automation moves a service that an operator froze",
    file: `${core}/move.ts`,
    find: 'if (isFrozen(overrides)) return { rule: "freeze", because: "an operator froze it" };',
    replace: "",
  },
  {
    name: "drained-site-is-a-target",
    about: "automation moves to a site that an operator drains",
    file: `${core}/rank.ts`,
    find: "if (candidate.isDrained) return undefined;",
    replace: "",
  },
];
