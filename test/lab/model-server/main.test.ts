import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { parseFlags } from "./flags.ts";
import { ask, model, put } from "./test-client.ts";

const main = join(import.meta.dirname, "main.ts");
const needed = ["--site", "site-b", "--channel", "canary", "--index", "2", "--host", "127.0.1.1", "--port", "0"];

test("runs as a process: one line when it listens, a token at its door, and SIGTERM ends it in good order", async () => {
  const folder = await mkdtemp(join(tmpdir(), "model-server-"));
  const tokenFile = join(folder, "token");
  await writeFile(tokenFile, "open-sesame\n");
  const child = spawn(process.execPath, [main, ...needed, "--admin-token-file", tokenFile, "--token-ms", "10"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const line = await firstLine(child);
    assert.deepEqual([line["event"], line["servedBy"], line["pid"]], ["listening", "site-b/canary/2", child.pid]);
    const [url, adminUrl] = [String(line["url"]), String(line["adminUrl"])];
    assert.equal((await ask(`${url}/health`)).headers["x-served-by"], "site-b/canary/2");
    assert.equal((await put(adminUrl, { hang: true })).status, 401);
    assert.equal((await put(adminUrl, { latencyMs: 1 }, { authorization: "Bearer open-sesame" })).status, 200);

    const { promise: begun, resolve } = Promise.withResolvers<string>();
    const body = { model, prompt: "x", stream: true, max_tokens: 8000 };
    const stream = ask(`${url}/v1/completions`, { body, onText: resolve });
    stream.catch(() => undefined);
    await begun;
    const startedMs = performance.now();
    child.kill("SIGTERM");
    assert.deepEqual(await once(child, "exit"), [0, null]);
    // It allows 800 ms; the rest is for a busy machine. The stream alone would have taken 80 s.
    assert.ok(performance.now() - startedMs < 5000);
    await assert.rejects(stream);
  } finally {
    child.kill("SIGKILL");
    await rm(folder, { recursive: true });
  }
});

test("exits with 2 and says why when the command line is wrong", async () => {
  const child = spawn(process.execPath, [main, "--site", "site-a"], { stdio: ["ignore", "ignore", "pipe"] });
  const exited = once(child, "exit");
  const [said] = (await once(child.stderr, "data")) as [Buffer];
  assert.match(said.toString(), /^--channel is missing\n/);
  assert.deepEqual(await exited, [2, null]);
});

test("reads the command line and names the flag at fault", () => {
  const parsed = parseFlags([...needed, "--seed", "9", "--model", "qwen"]);
  assert.ok(parsed.kind === "options");
  assert.deepEqual([parsed.options.site, parsed.options.index, parsed.options.seed], ["site-b", 2, 9]);
  assert.deepEqual([parsed.options.model, parsed.options.adminToken], ["qwen", undefined]);
  assert.equal(parseFlags(["--help"]).kind, "help");
  const table: readonly (readonly [readonly string[], RegExp])[] = [
    [[...needed, "--site", "site a"], /^--site must be a name/],
    [[...needed, "--port", "65536"], /^--port must be a whole number from 0 to 65535$/],
    [[...needed, "--token-ms", "1.5"], /^--token-ms must be a whole number/],
    [[...needed, "--nonsense", "1"], /--nonsense/],
    [[...needed, "--admin-token-file", "/dev/null"], /^the admin token file \/dev\/null is empty$/],
  ];
  for (const [args, message] of table) {
    const refused = parseFlags(args);
    assert.ok(refused.kind === "error");
    assert.match(refused.message, message);
  }
});

async function firstLine(child: ChildProcess): Promise<Record<string, unknown>> {
  assert.ok(child.stdout);
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return JSON.parse(line) as Record<string, unknown>;
}
