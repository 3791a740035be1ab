import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isTest, read, root, sources } from "./house.ts";

const fileLinesMax = 400;
const functionLinesMax = 70;
const medianLinesMax = 90;

const linesOf = (path: string): number => read(path).trimEnd().split("\n").length;

test(`no source file is longer than ${fileLinesMax} lines`, () => {
  const paths = sources();
  assert.ok(paths.length > 0);
  assert.deepEqual(
    paths.filter((path) => linesOf(path) > fileLinesMax),
    [],
  );
});

test(`half of the files are at most ${medianLinesMax} lines long`, () => {
  const sizes = sources()
    .filter((path) => !isTest(path))
    .map(linesOf)
    .sort((a, b) => a - b);
  const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
  assert.ok(median > 0 && median <= medianLinesMax, `the median is ${median}`);
});

// The linter measures functions, blank lines and comments apart; `pnpm run check` holds the whole tree to it.
test(`the linter refuses a function of ${functionLinesMax + 1} lines and takes one of ${functionLinesMax}`, () => {
  assert.deepEqual(complaintsAbout(functionLinesMax), []);
  assert.deepEqual(complaintsAbout(functionLinesMax + 1), ["eslint(max-lines-per-function)"]);
});

test("no function of ours is longer than that", () => {
  assert.deepEqual(complaints(["packages", "services", "test"]), []);
});

function complaintsAbout(lines: number): string[] {
  const folder = mkdtempSync(join(tmpdir(), "sluice-size-"));
  try {
    const body = Array.from({ length: lines - 2 }, () => "  count += 1;").join("\n");
    writeFileSync(join(folder, "long.ts"), `let count = 0;\nexport function long(): void {\n${body}\n}\n`);
    return complaints([folder]).map((complaint) => complaint.split(" ")[0] ?? "");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Diagnostic = { readonly code?: string; readonly filename: string; readonly message: string };

/** What the linter says about sizes, with the rules that the check uses; without types, which sizes don't need. */
function complaints(paths: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "sluice-size-"));
  try {
    const config = { ...(JSON.parse(read(".oxlintrc.json")) as object), options: {} };
    writeFileSync(join(folder, "config.json"), JSON.stringify(config));
    return lint(["-c", join(folder, "config.json"), "--format=json", ...paths])
      .filter(({ code }) => code?.includes("max-lines") === true)
      .map(({ code, filename, message }) => `${code} ${filename}: ${message}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function lint(args: readonly string[]): readonly Diagnostic[] {
  const { stdout, error } = spawnSync(join(root, "node_modules", ".bin", "oxlint"), args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    timeout: 60_000,
  });
  if (error !== undefined) throw error;
  return (JSON.parse(stdout) as { diagnostics: readonly Diagnostic[] }).diagnostics;
}
