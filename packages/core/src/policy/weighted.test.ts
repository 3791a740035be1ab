import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceOn, weightedOn } from "../fixtures.ts";
import type { Opinion } from "../model.ts";
import { formatPlacement, type Placement } from "../placement.ts";
import type { Candidate } from "../rank.ts";
import { assessWeighted } from "./weighted.ts";

const service = serviceOn(weightedOn({ a: 50, b: 30, c: 20 }));
const on = (...sites: readonly string[]): Placement => ({
  kind: "sites",
  shares: [
    { site: "a", share: 50 },
    { site: "b", share: 30 },
    { site: "c", share: 20 },
  ].filter((entry) => sites.includes(entry.site)),
});
const opinionOf = { h: "healthy", d: "degraded", u: "unknown", x: "down", q: "healthy" } as const satisfies Record<
  string,
  Opinion
>;
type Sign = keyof typeof opinionOf;

/** One sign a site: healthy, degraded, unknown, x for down, q for healthy but quarantined. */
const candidates = (signs: string): readonly Candidate[] =>
  signs.split("").map((sign, at) => {
    const site = "abc"[at] ?? "";
    const kind = opinionOf[sign as Sign];
    const health = { site, kind, because: "majority", target: `edge:${site}`, healthyForMs: 0 } as const;
    return { health, isQuarantined: sign === "q", isDrained: false };
  });

const table: readonly [string, Placement, string, string, string][] = [
  ["all is well", on("a", "b", "c"), "hhh", "serving", "a 50, b 30, c 20"],
  ["unknown is not down", on("a", "b", "c"), "huh", "site-unknown", "a 50, b 30, c 20"],
  ["all unknown is not down", on("a", "b", "c"), "uuu", "site-unknown", "a 50, b 30, c 20"],
  ["a degraded site keeps its share", on("a", "b", "c"), "dhh", "site-degraded-no-standby", "a 50, b 30, c 20"],
  ["a site that is down loses it", on("a", "b", "c"), "xhh", "share-site-down", "b 30, c 20"],
  ["two down: one a cycle", on("a", "b", "c"), "xxh", "share-site-down", "b 30, c 20"],
  ["an absent site stays away, however healthy", on("b", "c"), "hhh", "serving-away", "b 30, c 20"],
  ["silence about the rest calls nobody back", on("b"), "huh", "site-unknown", "b"],
  ["the last site down: the healthy one is called", on("b"), "dxh", "share-site-down", "c"],
  ["only the best rank is called", on("b"), "qxd", "share-site-down", "c"],
  ["quarantined is better than dead", on("b"), "qxx", "share-site-down", "a"],
  ["an unproven survivor gets help", on("b", "c"), "hxu", "share-site-down", "a 50, c 20"],
  ["a degraded survivor needs none", on("b", "c"), "hxd", "share-site-down", "c"],
  ["everything down stays", on("a", "b", "c"), "xxx", "everything-down", "a 50, b 30, c 20"],
  ["nothing else ranks: stays", on("b"), "uxu", "everything-down", "b"],
  ["back from the sorry address to what is fit", { kind: "sorry" }, "hhx", "recovered-from-all-bad", "a 50, b 30"],
  [
    "from failing open on silence: nowhere",
    { kind: "open", sites: ["a", "b", "c"] },
    "uuu",
    "everything-down",
    "all of a, b, c",
  ],
  [
    "a place the policy doesn't know is not left on silence",
    { kind: "sites", shares: [{ site: "z", share: 1 }] },
    "uuu",
    "site-unknown",
    "z",
  ],
];

for (const [name, placed, signs, situation, wanted] of table) {
  test(`${name} (${formatPlacement(placed)}; ${signs})`, () => {
    const assessed = assessWeighted({ service, placed, candidates: candidates(signs), isOperatorsChoice: false });
    assert.deepEqual([assessed.situation, formatPlacement(assessed.wanted)], [situation, wanted]);
  });
}
