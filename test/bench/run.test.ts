import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

const bench = (...args: readonly string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, "run.ts"), ...args], { encoding: "utf8", timeout: 60_000 });

test("lists the benches without a name, and refuses one that is none", () => {
  const listed = bench();
  assert.equal(listed.status, 0);
  assert.match(listed.stdout, /false-moves {2}how often/);
  const unknown = bench("toString");
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /no bench is called toString/);
});

test("a bench refuses flags that it doesn't know, and says which it does", () => {
  for (const flags of [
    ["--seed", "3"],
    ["--seeds", "none"],
    ["--hours", "0"],
  ]) {
    const { status, stderr } = bench("false-moves", ...flags);
    assert.equal(status, 2);
    assert.match(stderr, /--seeds 100/);
  }
});

test("the benches that start processes refuse what they don't know before they start any", () => {
  for (const args of [
    ["arbiter", "--services", "none"],
    ["arbiter", "--part", "no such"],
    ["failover", "--rounds", "0"],
    ["failover", "--series", "no such"],
    ["failover", "--kill"],
    ["gateway", "--series", "no such"],
    ["gateway", "--seconds", "0"],
    ["rest", "--seconds", "none"],
    ["takeover", "--rounds", "0"],
    ["takeover", "--fault", "no such"],
  ]) {
    const { status, stderr } = bench(...args);
    assert.equal(status, 2);
    assert.match(stderr, /^pnpm bench (arbiter|failover|gateway|rest|takeover) \[--/);
  }
});

test("a run too short to tell says so", () => {
  const { status, stdout } = bench("false-moves", "--seeds", "1", "--hours", "0.05");
  assert.equal(status, 0);
  assert.match(stdout, /^refused .* not refuted /m);
  assert.match(stdout, /^one vantage blind, silent .* met /m);
});
