import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { configOf, makeDoor, makeKeys, makePlace } from "./test-world.ts";

/** A target that takes its time, so that looks are under way at any moment. */
async function makeSlowTarget(t: TestContext): Promise<string> {
  const server = createServer((_request, response) => void setTimeout(() => response.end(), 300));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function startProcess(t: TestContext, directory: string): Promise<ChildProcess> {
  mkdirSync(join(directory, "state"));
  const flags = ["--name", "agent-w", "--config", join(directory, "sluice.yaml"), "--keys", directory];
  const args = [join(import.meta.dirname, "main.ts"), ...flags, "--state", join(directory, "state")];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  });
  return child;
}

test("a process that was stopped abstains when it goes on, and blames no target; SIGTERM ends it", async (t) => {
  const { keyring, directory } = await makeKeys(t);
  const [w, a, free, at] = await Promise.all([
    makeDoor(t, "arbiter-w", keyring),
    makeDoor(t, "arbiter-a", keyring),
    makePlace(t, () => undefined),
    makeSlowTarget(t),
  ]);
  await free.shut();
  const config = configOf({ arbiters: [w.arbiter, a.arbiter], pools: { a: at, b: at }, url: `http://${free.at}` });
  writeFileSync(join(directory, "sluice.yaml"), JSON.stringify(config));
  const child = await startProcess(t, directory);
  const well = await w.reports.next(
    ({ selfCheck, votes }) => selfCheck.kind === "ok" && votes.every((vote) => vote.opinion === "healthy"),
  );

  child.kill("SIGSTOP");
  // Longer than a look may take: those under way are past their deadline when the process goes on.
  await wait(1500);
  const since = w.reports.all.length;
  child.kill("SIGCONT");
  await w.reports.next(({ selfCheck }) => selfCheck.kind === "abstain" && selfCheck.because === "stalled", since);
  await w.reports.next(({ selfCheck }) => selfCheck.kind === "ok", since);
  const after = w.reports.all.slice(w.reports.all.indexOf(well)).flatMap((report) => report.votes);
  assert.deepEqual(
    after.filter((vote) => vote.opinion !== "healthy" || vote.suspect),
    [],
  );

  const ended = once(child, "exit");
  child.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
});
