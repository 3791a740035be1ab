import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "./house.ts";

type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** The test command as `pnpm test` starts it, from inside a test: node's runner of that one is told nothing of this. */
function runTests(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Ended {
  return spawnSync(process.execPath, [join(root, "test/run.ts"), ...args], {
    env: { ...process.env, NODE_TEST_CONTEXT: "child-v8", SLUICE_PEERS: "", ...variables },
    encoding: "utf8",
    timeout: 60_000,
  });
}

test("runs the files whose path contains the filter, and closes with the runner's own lines", () => {
  const { status, stdout } = runTests(["test/peers/peer.test.ts"]);
  assert.match(stdout, /^ℹ tests [1-9]\d*$/m);
  assert.match(stdout, /^ℹ fail 0$/m);
  assert.equal(status, 0);
});

test("no file to run is a failure, and so is a flag it doesn't know", () => {
  const nothing = runTests(["no-such-file"]);
  assert.deepEqual([nothing.status, nothing.stderr], [1, "!!! no test file matches no-such-file\n"]);
  assert.equal(runTests(["--watch"]).status, 2);
});

test("a missing peer is announced with its cure, and is a failure when peers are required", () => {
  // An empty PATH hides dig wherever Debian puts it.
  const announced = runTests(["test/peers/peer.test.ts"], { PATH: "/nowhere" });
  assert.equal(announced.status, 0);
  assert.match(announced.stderr, /^!!! missing peers: dig/m);
  assert.match(announced.stderr, /^!!! cure: apt-get install dnsutils/m);
  assert.equal(runTests(["test/peers/peer.test.ts"], { PATH: "/nowhere", SLUICE_PEERS: "required" }).status, 1);
});
