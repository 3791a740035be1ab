import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { type Process, parseProcess, processTree } from "./processes.ts";
import { usageByRole } from "./usage.ts";

const stat =
  "42 (a) name (x)) S 7 42 42 0 -1 4194304 9 0 0 0 100 20 3 4 20 0 11 0 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20";

test("reads processor time and memory past a command that looks like fields", () => {
  const read = parseProcess(42, stat, "Name:\tx\nVmRSS:\t   1000 kB\nThreads:\t1\n");
  assert.deepEqual(read, { pid: 42, parent: 7, cpuMs: 1_270, residentBytes: 1_024_000 });
});

test("what an ended child has used counts once: with the process that waited for it", () => {
  const at = (pid: number, cpuMs: number): Process => ({ pid, parent: 1, cpuMs, residentBytes: pid });
  const looks = { before: [at(1, 100), at(2, 500), at(9, 0)], after: [at(1, 620), at(9, 10)], ms: 1_000 };
  const usage = usageByRole(looks, (pid) => (pid === 9 ? "agent" : "postgres"));
  assert.deepEqual(usage, [
    { role: "postgres", cpu: 0.02, cpuMs: 20, processes: 1, residentMax: 1, residentSum: 1 },
    { role: "agent", cpu: 0.01, cpuMs: 10, processes: 1, residentMax: 9, residentSum: 9 },
  ]);
});

test("finds the processes below one, and not those beside it", { skip: process.platform !== "linux" }, async () => {
  const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "ignore"] });
  try {
    const tree = await processTree(process.pid);
    const found = tree.find(({ pid }) => pid === child.pid);
    assert.equal(found?.parent, process.pid);
    assert.equal(tree[0]?.pid, process.pid);
    assert.ok((tree[0]?.residentBytes ?? 0) > 10_000_000 && (tree[0]?.cpuMs ?? 0) > 0);
    assert.ok(!tree.some(({ pid }) => pid === process.ppid));
  } finally {
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
});
