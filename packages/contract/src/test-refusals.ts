import assert from "node:assert/strict";
import { test } from "node:test";
import { checkConfig } from "./parse-config.ts";
import { labWith } from "./test-lab.ts";

/** What is changed in the lab's configuration, and the problems that come of it: all of them, by path and words. */
export type Row = readonly [
  name: string,
  changes: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, RegExp>>,
];

/** One test for each row: just these problems, no other, each with words and a hint. */
export function refuses(rows: readonly Row[]): void {
  for (const [name, changes, expected] of rows) {
    test(`refuses ${name}`, () => {
      const checked = checkConfig(labWith(changes));
      const problems = checked.kind === "invalid" ? checked.problems : [];
      assert.deepEqual(
        problems.map((problem) => problem.path).sort(),
        Object.keys(expected).sort(),
        JSON.stringify(problems, null, 1),
      );
      for (const { path, message, hint } of problems) {
        assert.match(message, expected[path] ?? /^$/);
        assert.ok(hint !== undefined && hint.length > 5, `${path} has no hint`);
      }
    });
  }
}
