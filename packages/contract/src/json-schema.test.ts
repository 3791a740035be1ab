import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { configJsonSchema } from "./json-schema.ts";
import type { SchemaNode } from "./shape.ts";

type Setting = { readonly path: string; readonly node: SchemaNode; readonly isRequired: boolean };

function settings(node: SchemaNode, path = ""): Setting[] {
  const own = Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const at = path === "" ? key : `${path}.${key}`;
    return [{ path: at, node: child, isRequired: node.required?.includes(key) ?? false }, ...settings(child, at)];
  });
  const inner = node.items ? settings(node.items, `${path}[]`) : [];
  return [...own, ...inner, ...(node.anyOf ?? []).flatMap((branch) => settings(branch, path))];
}

const all = settings(configJsonSchema as SchemaNode);

test("every setting has a description, and a default where it may be left out", () => {
  assert.ok(all.length > 60);
  for (const { path, node, isRequired } of all) {
    assert.ok((node.description ?? "").length > 4, `${path} has no description`);
    assert.equal(isRequired, node.default === undefined && !/Default: /.test(node.description ?? ""), path);
  }
});

test("every time says its unit, in its name and in its description", () => {
  const times = all.filter(({ path }) => /(Seconds|Ms)$/.test(path));
  assert.ok(times.length > 8);
  for (const { path, node } of times) {
    assert.match(node.description ?? "", path.endsWith("Ms") ? /Unit: milliseconds\./ : /Unit: seconds\./, path);
  }
});

test("docs/sluice.schema.json is what `pnpm sluice config schema` prints", async () => {
  const url = new URL("../../../docs/sluice.schema.json", import.meta.url);
  assert.equal(await readFile(url, "utf8"), `${JSON.stringify(configJsonSchema, null, 2)}\n`);
});
