import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { makeTemporaryDirectory, sluice, sluiceProcess, writeInto } from "./test-sluice.ts";

const usage: Readonly<Record<string, readonly [args: readonly string[], told: RegExp]>> = {
  "no command": [[], /^Usage: sluice[\s\S]*USAGE: a command is missing\n$/],
  "an unknown command": [["statsu"], /^USAGE: unknown command 'statsu'\nDid you mean status\? See --help/],
  "an unknown command of a group": [["lab", "kil", "site-a"], /^USAGE: unknown command 'kil'\nDid you mean kill\?/],
  "an unknown option": [["status", "--jsn"], /^USAGE: unknown option '--jsn'\nDid you mean --json\?/],
  "a missing argument": [["explain"], /^USAGE: missing required argument 'name'/],
  "one argument too many": [["status", "chat"], /^USAGE: too many arguments for 'status'/],
  "a missing option": [
    ["failover", "chat", "--to", "site-b"],
    /^USAGE: required option '--reason <text>' not specified/,
  ],
  "a number that is none": [["events", "--limit", "many"], /^USAGE: .*whole number from 1 to 1000/],
  "a reason that says nothing": [["freeze", "--reason", "x"], /^USAGE: --reason needs at least three characters/],
  "a share that is none": [["lab", "load", "--stream", "1.5"], /^USAGE: --stream: 1\.5 is no share/],
  "a load of nothing": [["lab", "load", "--rps", "0"], /^USAGE: .*whole number from 1 to 2000/],
  "a fault for nobody": [["lab", "fault", "--status", "500"], /^USAGE: it is not said whom to give the fault/],
  "a fault for two": [["lab", "fault", "site-a", "--site", "site-b"], /^USAGE: both a name and --site are given/],
  "a fault that heals": [
    ["lab", "fault", "--site", "site-a", "--status", "500", "--clear"],
    /^USAGE: --clear heals, and a fault or --for is given too/,
  ],
  "a while without a fault": [
    ["lab", "fault", "--site", "site-a", "--for", "10s"],
    /^USAGE: --for is given, and no fault/,
  ],
  "a drill that there isn't": [["drill", "run", "quake", "--service", "chat"], /^USAGE: drill: quake is not known/],
  "an arbiter that is no address": [
    ["status", "--arbiters", "localhost"],
    /^USAGE: --arbiters: localhost is no address/,
  ],
};

for (const [what, [args, told]] of Object.entries(usage)) {
  test(`${what} exits 2 and says what is wrong`, async () => {
    const { code, stdout, stderr } = await sluice(...args);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, told);
  });
}

test("with --json an error is one problem document on standard error", async () => {
  const { code, stdout, stderr } = await sluice("events", "--after", "-1", "--json");
  assert.deepEqual([code, stdout], [2, ""]);
  const { code: named, status, detail } = JSON.parse(stderr) as Record<string, unknown>;
  assert.deepEqual([named, status], ["USAGE", 400]);
  assert.match(String(detail), /--after/);
});

test("help exits 0, on standard output, with examples", async () => {
  for (const args of [
    ["failover", "--help"],
    ["help", "failover"],
  ]) {
    const { code, stdout, stderr } = await sluice(...args);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(
      stdout,
      /^Usage: sluice failover [\s\S]*Global Options:\n {2}--json[\s\S]*Examples:\n {2}\$ sluice failover chat --to site-b/,
    );
  }
});

test("where there is no lab, it is said what to do", async () => {
  const { code, stderr } = await sluiceProcess("status", "--dir", "/nowhere/at/all");
  assert.equal(code, 3);
  assert.match(
    stderr,
    /^LAB_DOWN: there is no lab in \/nowhere\/at\/all, and no --arbiters\nStart one with `pnpm start`/,
  );
});

test("as a process it writes what a command found on standard output, and ends with its code", async () => {
  const directory = await makeTemporaryDirectory();
  const file = await writeInto(directory, "empty.yaml", "{}\n");
  const { code, stdout, stderr } = await sluiceProcess("config", "check", file);
  await rm(directory, { recursive: true });
  assert.deepEqual([code, stderr], [2, ""]);
  assert.ok(stdout.startsWith(`${file} is refused: `), stdout);
});
