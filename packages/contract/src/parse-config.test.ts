import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { parseConfig } from "./parse-config.ts";

const lab = await readFile(new URL("../examples/lab.yaml", import.meta.url), "utf8");

test("the lab's configuration parses without problems", () => {
  assert.equal(parseConfig(lab).kind, "ok", JSON.stringify(parseConfig(lab)));
});

for (const [from, to, path] of [
  ["installation: lab", "installaton: lab", "installaton"],
  ["store:\n  site: site-w", "store:\n  site: site-a", "store.site"],
  ["electorate: [site-a,", "electorate: [site-x,", "electorate[0]"],
  ["addresses: [127.0.1.1]", "addresses: [127.0.1]x]", ""],
  ["host: chat.llm.example", "host: chat.example.org", "services[0].host"],
] as const) {
  test(`refuses ${to}`, () => {
    assert.ok(lab.includes(from));
    const parsed = parseConfig(lab.replace(from, to));
    assert.equal(parsed.kind, "invalid");
    assert.ok(parsed.kind === "invalid" && parsed.problems.some((problem) => problem.path === path));
  });
}
