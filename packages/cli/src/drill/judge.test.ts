import assert from "node:assert/strict";
import { test } from "node:test";
import { complaintsOf, type Judged } from "./judge.ts";
import type { ServerRow } from "./report.ts";

const row = (server: string, site: string, changed: Partial<ServerRow> = {}): ServerRow => ({
  server,
  site,
  isCounted: site !== "site-a",
  movedMs: site === "site-a" ? undefined : 1_200,
  asked: 100,
  answered: 100,
  empty: 0,
  servfail: 0,
  mixed: 0,
  timeouts: 0,
  ...changed,
});

const lost = row("ns-a", "site-a", { answered: 3 });
const standby = row("ns-b", "site-b");
const witness = row("ns-w", "site-w");

const passed: Judged = {
  objectiveMs: 30_000,
  rtoMs: 1_200,
  site: "site-a",
  target: "site-b",
  differedMs: 40,
  strayed: [],
  servers: [lost, standby, witness],
  comeback: {
    firstAnswers: [
      {
        server: "ns-a",
        sites: ["site-b"],
      },
    ],
    stayedQuarantined: true,
    failbackMs: 80,
  },
};

const back = (changed: Partial<Judged["comeback"]>): Partial<Judged> => ({
  comeback: { ...passed.comeback, ...changed },
});

const judged: readonly (readonly [what: string, changed: Partial<Judged>, complaints: readonly string[]])[] = [
  ["nothing to complain of", {}, []],
  ["exactly the objective", { rtoMs: 30_000 }, []],
  ["a millisecond late", { rtoMs: 30_010 }, ["the time to recover was 30.01 s, the objective is 30.00 s"]],
  [
    "never moved",
    { rtoMs: undefined, servers: [lost, row("ns-b", "site-b", { movedMs: undefined }), witness] },
    ["not every server came to answer only site-b: ns-b"],
  ],
  ["strayed", { strayed: ["ns-w"] }, ["ns-w answered something else after it had moved"]],
  ["empty", { servers: [lost, row("ns-b", "site-b", { empty: 2 }), witness] }, ["ns-b gave 2 empty answers"]],
  [
    "empty before it was lost",
    { servers: [row("ns-a", "site-a", { empty: 1 }), standby, witness] },
    ["ns-a gave 1 empty answers"],
  ],
  [
    "SERVFAIL",
    { servers: [lost, row("ns-b", "site-b", { servfail: 1 }), witness] },
    ["ns-b gave 1 SERVFAIL or other errors"],
  ],
  [
    "two sites at once",
    { servers: [lost, row("ns-b", "site-b", { mixed: 3 }), witness] },
    ["ns-b gave 3 answers with two sites in them"],
  ],
  ["silent outside", { servers: [lost, row("ns-b", "site-b", { answered: 0 }), witness] }, ["ns-b never answered"]],
  ["silent in the lost site", { servers: [row("ns-a", "site-a", { answered: 0 }), standby, witness] }, []],
  ["differed for a second", { differedMs: 1_000 }, []],
  ["differed for longer", { differedMs: 1_001 }, ["two servers differed for 1.00 s"]],
  [
    "answered from before its fall",
    back({ firstAnswers: [{ server: "ns-a", sites: ["site-a"] }] }),
    ["ns-a came back and answered site-a first"],
  ],
  [
    "came back with nothing",
    back({ firstAnswers: [{ server: "ns-a", sites: [] }] }),
    ["ns-a came back and answered nothing first"],
  ],
  ["took traffic by itself", back({ stayedQuarantined: false }), ["site-a was not quarantined when it came back"]],
  ["stayed away", back({ failbackMs: undefined }), ["failback did not bring the answers home"]],
];

for (const [what, changed, complaints] of judged) {
  test(`a drill is judged: ${what}`, () => {
    assert.deepEqual(complaintsOf({ ...passed, ...changed }), complaints);
  });
}

test("every complaint is made, not only the first", () => {
  const bad = { ...passed, rtoMs: 31_000, strayed: ["ns-b", "ns-w"], ...back({ stayedQuarantined: false }) };
  assert.equal(complaintsOf(bad).length, 4);
});
