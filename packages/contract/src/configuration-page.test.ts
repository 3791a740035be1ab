import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { configJsonSchema } from "./json-schema.ts";
import { parseConfig } from "./parse-config.ts";
import type { SchemaNode } from "./shape.ts";
import { settingRows } from "./test-settings.ts";

const page = await readFile(new URL("../../../docs/configuration.md", import.meta.url), "utf8");

test("docs/configuration.md has every setting, with the default and the words of the schema, and no other", () => {
  const [, settings = ""] = page.split("## The settings");
  const rows = (settings.split("## What is refused")[0] ?? "").split("\n").filter((line) => line.startsWith("| `"));
  const real = settingRows(configJsonSchema as SchemaNode, "");
  assert.ok(real.length > 80);
  assert.deepEqual(rows, real);
});

test("the example on the page can be started with, and has nothing to be warned about", () => {
  const example = /```yaml\n(installation: [\s\S]*?)```/.exec(page)?.[1] ?? "";
  const parsed = parseConfig(example);
  assert.equal(parsed.kind, "ok", JSON.stringify(parsed, null, 1));
  assert.deepEqual(parsed.warnings, []);
});

test("every path in the page's tables of refusals and warnings is a setting", () => {
  const told = page.slice(page.indexOf("## What is refused"));
  const paths = [...told.matchAll(/^\| `([^`]+)` \|/gm)].map(([, path = ""]) => path);
  const known = settingRows(configJsonSchema as SchemaNode, "").map((row) => row.split("`")[1] ?? "");
  assert.ok(paths.length > 10);
  assert.deepEqual(
    paths.filter((path) => !known.includes(path.replace(/\[\]$/, ""))),
    [],
  );
});
