import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Opinion, tally, type Verdict, verdict } from "@sluice/core";
import { runs } from "../model/runs.ts";
import { type Invariant, invariants } from "../sim/checks/invariants.ts";
import { mutants } from "../sim/mutants/list.ts";
import { read, root } from "./house.ts";

const page = "docs/guarantees.md";
const text = read(page);

/** The cells of the table rows whose first cell is a word in backticks and fits. */
const rowsWith = (word: RegExp): string[][] =>
  [...text.matchAll(/^\| `([^`]+)` \|(.*)\|$/gm)]
    .filter(([, first = ""]) => word.test(first))
    .map(([, first = "", rest = ""]) => [first, ...rest.split(" | ").map((cell) => cell.trim())]);

test("every invariant has its row, in order; what can fail is named where something exists", () => {
  const rows = rowsWith(/^I\d+$/);
  const known: readonly Invariant[] = invariants.filter(({ id }) => id.startsWith("I"));
  assert.deepEqual(
    rows.map(([id]) => id),
    known.map(({ id }) => id),
  );
  for (const [id = "", , , proof = ""] of rows) {
    const isChecked = known.some((each) => each.id === id && "checker" in each);
    assert.equal(proof.includes(`\`sim:${id}\``), isChecked, `${id}: the simulator`);
  }
});

test("every file that is named exists, and so does every test in it", () => {
  const named = [...text.matchAll(/`((?:packages|services|test)\/[^`]+)`(?: "([^"]+)")?/g)];
  assert.ok(named.length > 50);
  for (const [, file = "", title] of named) {
    assert.ok(existsSync(join(root, file)), file);
    if (title !== undefined) assert.ok(read(file).includes(title), `${file} has no test "${title}"`);
  }
});

test("every checker, planted bug and run of the model that is named exists", () => {
  const checked = invariants.filter((each: Invariant) => "checker" in each).map(({ id }) => `sim:${id}`);
  const known = new Set([...checked, ...mutants.map(({ name }) => `bug:${name}`)]);
  const named = [...text.matchAll(/`((?:sim|bug):[\w-]+)`/g)].map(([, name = ""]) => name);
  assert.deepEqual(
    named.filter((name) => !known.has(name)),
    [],
  );
  const naive = runs.filter(({ expected }) => expected !== "holds");
  const rows = new Map(rowsWith(/^[a-z ]{2,}$/).map(([name = "", , breaks = ""]) => [name, breaks]));
  for (const { name, expected } of naive) assert.equal(rows.get(name), expected, name);
});

/** As the page's heading has them: what B and W say. */
const outsiders: readonly (readonly [Opinion, Opinion])[] = [
  ["healthy", "healthy"],
  ["healthy", "down"],
  ["down", "down"],
  ["healthy", "unknown"],
  ["down", "unknown"],
  ["unknown", "unknown"],
];

test("the table of who sees A is what the count of votes makes of it", () => {
  const own: readonly (readonly [string, Opinion])[] = [
    ["up", "healthy"],
    ["down", "down"],
    ["?", "unknown"],
  ];
  const expected = own.map(([word, opinion]) => [
    word,
    ...outsiders.map(([b, w]) => nameOf(verdictOn([opinion, b, w]))),
  ]);
  assert.deepEqual(rowsWith(/^(up|down|\?)$/), expected);
});

function verdictOn(opinions: readonly Opinion[]): Verdict {
  const sites = ["site-a", "site-b", "site-w"];
  const votes = opinions.map((opinion, at) => ({
    agent: `agent-${at}`,
    domain: sites[at] ?? "",
    target: "edge:site-a" as const,
    opinion,
  }));
  return verdict(tally(votes, sites, "site-a"), { kind: "healthy", because: "majority" });
}

function nameOf({ kind, because }: Verdict): string {
  if (because === "split") return "as before";
  return because === "inside-only" ? `${kind}, ${because}` : kind;
}
