import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { allFaults, shortFaults } from "./faults/index.ts";
import { readOptions } from "./options.ts";

const idsOf = (args: readonly string[]) => readOptions(args)?.faults.map(({ id }) => id);

test("all faults, those named in any case and order, or the short form; anything else is refused", () => {
  assert.deepEqual(
    idsOf([]),
    allFaults.map(({ id }) => id),
  );
  assert.deepEqual(idsOf(["f12", "F2"]), ["F2", "F12"]);
  assert.deepEqual(idsOf(["--short", "--json"]), [...shortFaults]);
  for (const wrong of [["F99"], ["--long"], ["--keep"]]) assert.equal(readOptions(wrong), undefined, wrong.join(" "));
});

test("every fault has a number of its own, and a file by that number", () => {
  assert.equal(new Set(allFaults.map(({ id }) => id)).size, allFaults.length);
  const files = readdirSync(join(import.meta.dirname, "faults")).filter((name) => name !== "index.ts");
  assert.deepEqual(
    files.map((name) => `F${Number(/^f(\d\d)-.*\.ts$/.exec(name)?.[1])}`).sort(),
    allFaults.map(({ id }) => id).sort(),
  );
});
