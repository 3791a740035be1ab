import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { until } from "../../scenarios/world/until.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { takeLock } from "./lock.ts";

async function setUp(t: TestContext): Promise<Layout> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-lock-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return layoutOf(directory);
}

test("one has it, the next hasn't until the first lets go", async (t) => {
  const layout = await setUp(t);
  const first = takeLock(layout);
  assert.ok(first);
  assert.equal(takeLock(layout), undefined);
  first.release();
  const second = takeLock(layout);
  assert.ok(second);
  second.release();
});

test("it goes with a process that is killed", async (t) => {
  const layout = await setUp(t);
  const script = `const { takeLock } = await import(${JSON.stringify(join(import.meta.dirname, "lock.ts"))});
    globalThis.lock = takeLock(${JSON.stringify(layout)}); console.log("has it"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  assert.equal(takeLock(layout), undefined);
  child.kill("SIGKILL");
  await once(child, "exit");
  const lock = await until("the lock is free", () => takeLock(layout));
  lock.release();
});

test("where it can't be made, that is said", async (t) => {
  const layout = await setUp(t);
  await writeFile(join(layout.root, "file"), "");
  const nowhere = { ...layout, lock: join(layout.root, "file", "lab.lock") };
  assert.throws(() => takeLock(nowhere), { code: "DIRECTORY_READONLY" });
});
