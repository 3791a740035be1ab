import assert from "node:assert/strict";
import { test } from "node:test";
import { table } from "./table.ts";

const rows: readonly (readonly [
  head: readonly string[],
  rows: readonly (readonly string[])[],
  lines: readonly string[],
])[] = [
  [["SITE", "ROLE"], [], ["SITE  ROLE"]],
  [["A", "B"], [["site-a", "x"]], ["A       B", "site-a  x"]],
  [
    ["SITE", "B"],
    [
      ["a", ""],
      ["b", "long"],
    ],
    ["SITE  B", "a", "b     long"],
  ],
  [["A", "B"], [["only one"]], ["A         B", "only one"]],
];

for (const [head, cells, lines] of rows) {
  test(`a table of ${JSON.stringify(cells)}`, () => assert.deepEqual(table(head, cells), lines));
}
