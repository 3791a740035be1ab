import assert from "node:assert/strict";
import { existsSync, globSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { brakeRules, errorCodes, floorRules, situationKinds } from "@sluice/core";
import { read, readJson, root } from "./house.ts";

const pages = globSync(["*.md", "docs/**/*.md"], { cwd: root }).map((path) => path.replaceAll("\\", "/"));

/** The cells of the rows of a page's tables whose first cell is a word in backticks. */
function rowsOf(page: string): string[][] {
  const rows = read(page).matchAll(/^\| `([^`]+)` \|(.+)\|$/gm);
  return [...rows].map(([, word = "", rest = ""]) => [word, ...rest.split("|").map((cell) => cell.trim())]);
}

test("docs/errors.md explains every error code, with its status, and no other", () => {
  const documented = rowsOf("docs/errors.md").map(([code = "", status = ""]) => `${code} ${status}`);
  const real = Object.entries(errorCodes).map(([code, { status }]) => `${code} ${status}`);
  assert.deepEqual(documented, real);
  for (const row of rowsOf("docs/errors.md"))
    assert.ok(row.length === 4 && row.every((cell) => cell !== ""), row.join(" | "));
});

test("docs/situations.md explains every situation, and no other", () => {
  assert.deepEqual(
    rowsOf("docs/situations.md").map(([kind]) => kind),
    [...situationKinds],
  );
});

test("docs/brakes.md explains every floor and brake, and what only holds back what comes home", () => {
  assert.deepEqual(
    rowsOf("docs/brakes.md").map(([rule]) => rule),
    [...floorRules, ...brakeRules, "quarantine", "failback", "ramp"],
  );
});

test("every `pnpm …` command in the docs is a script that exists", () => {
  const { scripts } = readJson("package.json") as { scripts: Readonly<Record<string, string>> };
  const own = new Set(["install", ...Object.keys(scripts)]);
  const commands = pages.flatMap((page) =>
    [...read(page).matchAll(/\bpnpm (?:run )?([a-z][a-z:-]*)/g)].map((match) => ({ page, name: match[1] ?? "" })),
  );
  assert.ok(commands.some(({ page }) => page === "README.md"));
  const unknown = commands.filter(({ name }) => !own.has(name)).map(({ page, name }) => `${page}: pnpm ${name}`);
  assert.deepEqual(unknown, []);
});

test("every link in the docs leads to a file", () => {
  const links = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => ({ page, target: match[1] ?? "" })),
  );
  assert.ok(links.length > 0);
  const broken = links.filter(({ page, target }) => {
    if (/^(https?:|mailto:|#)/.test(target)) return false;
    return !existsSync(join(root, dirname(page), target.split("#")[0] ?? ""));
  });
  assert.deepEqual(
    broken.map(({ page, target }) => `${page}: ${target}`),
    [],
  );
});

test("every decision record is in the index, with its five parts", () => {
  const records = pages.filter((page) => /^docs\/adr\/\d{4}-/.test(page));
  const index = read("docs/adr/README.md");
  for (const record of records) {
    assert.ok(index.includes(`](${record.slice("docs/adr/".length)})`), `${record} is not in the index`);
    for (const part of ["Status:", "Context.", "Decision.", "Consequences.", "Alternatives."]) {
      assert.ok(read(record).includes(`**${part}**`), `${record} has no ${part}`);
    }
  }
  assert.ok(records.length > 0);
});
