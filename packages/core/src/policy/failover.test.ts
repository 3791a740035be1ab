import assert from "node:assert/strict";
import { test } from "node:test";
import { failoverOn, serviceOn } from "../fixtures.ts";
import type { Opinion } from "../model.ts";
import { formatPlacement, onSite, type Placement } from "../placement.ts";
import type { Candidate } from "../rank.ts";
import type { Verdict } from "../verdict.ts";
import { assessFailover } from "./failover.ts";

type Seen = readonly [Opinion, ("quarantined" | "drained" | Verdict["because"])?];
const [up, down, unknown]: readonly Seen[] = [["healthy"], ["down"], ["unknown"]];
const bad: Seen = ["degraded", "failing-looks"];
const alarm: Seen = ["degraded", "inside-only"];
const lone: Seen = ["degraded", "one-vantage"];
const quarantined: Seen = ["healthy", "quarantined"];
const drained: Seen = ["healthy", "drained"];

const candidates = (seen: readonly (Seen | undefined)[]): readonly Candidate[] =>
  seen.map((entry, at) => {
    const [kind, trait] = entry ?? (["unknown"] as Seen);
    const site = "abc"[at] ?? "";
    const because = trait === undefined || trait === "quarantined" || trait === "drained" ? "majority" : trait;
    const health = { site, kind, because, target: `edge:${site}`, healthyForMs: 60_000 };
    return { health, isQuarantined: trait === "quarantined", isDrained: trait === "drained" };
  });

/** What a leader finds of a failback that another had begun. */
const split: Placement = {
  kind: "sites",
  shares: [
    { site: "a", share: 1 },
    { site: "b", share: 99 },
  ],
};

const table: readonly [string, Placement, readonly (Seen | undefined)[], string, string][] = [
  ["at home, all well", onSite("a"), [up, up, up], "serving", "a"],
  ["away, failback is manual", onSite("b"), [up, up, up], "serving-away", "b"],
  ["no standby", onSite("a"), [up, down, quarantined], "serving-without-standby", "a"],
  ["unknown is not down", onSite("a"), [unknown, up, up], "site-unknown", "a"],
  ["down, the next in order", onSite("a"), [down, up, up], "site-down-standby-ready", "b"],
  ["down, the healthy one though it is last", onSite("a"), [down, bad, up], "site-down-standby-ready", "c"],
  ["down, slow beats dead and quarantine", onSite("a"), [down, quarantined, bad], "site-down-standby-degraded", "c"],
  ["down, quarantine beats dead", onSite("a"), [down, quarantined, down], "site-down-standby-quarantined", "b"],
  ["down, a drained site is no target", onSite("a"), [down, drained, down], "everything-down", "a"],
  ["down, an unproven site is no target", onSite("a"), [down, unknown, down], "everything-down", "a"],
  ["degraded, and one is healthy", onSite("a"), [bad, bad, up], "site-degraded-standby-ready", "c"],
  ["degraded, quarantine is no better", onSite("a"), [bad, quarantined, bad], "site-degraded-no-standby", "a"],
  ["an alarm of the insider moves nothing", onSite("a"), [alarm, up, up], "site-degraded-no-standby", "a"],
  ["an alarm of a lone vantage moves nothing", onSite("a"), [lone, up, up], "site-degraded-no-standby", "a"],
  ["a failback that was cut short is gathered", split, [up, up, up], "serving-away", "b"],
  ["home dies after a failback was cut short", split, [down, up, up], "failback-stopped", "b"],
  ["and so where the rest is not known to be well", split, [down, unknown, up], "failback-stopped", "b"],
  ["both die after a failback was cut short", split, [down, down, up], "site-down-standby-ready", "c"],
  ["back from the sorry address", { kind: "sorry" }, [down, up, up], "recovered-from-all-bad", "b"],
  [
    "the sorry address stays on silence",
    { kind: "sorry" },
    [unknown, unknown, unknown],
    "everything-down",
    "the sorry address",
  ],
  [
    "a place outside the policy is left for one that is fit",
    onSite("z"),
    [unknown, up, up],
    "recovered-from-all-bad",
    "b",
  ],
  ["a place outside the policy is not left on silence", onSite("z"), [unknown, unknown, unknown], "site-unknown", "z"],
];

for (const [name, placed, seen, situation, wanted] of table) {
  test(name, () => {
    const allBad = placed.kind === "sorry" ? ({ kind: "sorry", addresses: ["192.0.2.9"] } as const) : undefined;
    const service = serviceOn(failoverOn("a", "b", "c"), allBad ? { allBad } : {});
    const assessed = assessFailover({ service, placed, candidates: candidates(seen), isOperatorsChoice: false });
    assert.deepEqual([assessed.situation, formatPlacement(assessed.wanted)], [situation, wanted]);
  });
}

test("brakes yield to leaving the dead part of a failback that was cut short", () => {
  const facts = { service: serviceOn(failoverOn("a", "b", "c")), placed: split, isOperatorsChoice: false };
  const { isEvacuation, cause } = assessFailover({ ...facts, candidates: candidates([down, up, up]) });
  assert.deepEqual([isEvacuation, cause], [true, { kind: "evacuate", site: "a" }]);
});

test("auto failback takes home what automation moved, after the time, and never what an operator moved", () => {
  const home = (afterMs: number, isOperatorsChoice: boolean): string => {
    const service = serviceOn(failoverOn("a", "b", "c"), { failback: { kind: "auto-after", afterMs } });
    const facts = { service, placed: onSite("b"), candidates: candidates([up, up, up]), isOperatorsChoice };
    return formatPlacement(assessFailover(facts).wanted);
  };
  assert.deepEqual([home(60_000, false), home(60_001, false), home(60_000, true)], ["a", "b", "b"]);
});

for (const [kind, wanted] of [
  ["lastKnownGood", "a"],
  ["failOpen", "all of a, b, c"],
  ["sorry", "the sorry address"],
] as const) {
  test(`when nothing ranks, ${kind} answers ${wanted}`, () => {
    const allBad = kind === "sorry" ? { kind, addresses: ["192.0.2.9"] } : { kind };
    const service = serviceOn(failoverOn("a", "b", "c"), { allBad });
    const facts = { service, candidates: candidates([down, down, unknown]), isOperatorsChoice: false };
    const assessed = assessFailover({ ...facts, placed: onSite("a") });
    assert.deepEqual([assessed.situation, formatPlacement(assessed.wanted)], ["everything-down", wanted]);
    assert.deepEqual(assessFailover({ ...facts, placed: assessed.wanted }).wanted, assessed.wanted, "and stays");
  });
}
