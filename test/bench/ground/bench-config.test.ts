import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readConfigFile } from "@sluice/contract";
import { exampleConfig } from "../../lab/up/prepare.ts";
import { type ConfigEdits, writeBenchConfig } from "./bench-config.ts";

async function configOf(edits: ConfigEdits) {
  const directory = await mkdtemp(join(tmpdir(), "sluice-bench-config-"));
  try {
    const file = join(directory, "bench.yaml");
    await writeBenchConfig(file, "127.77.7", edits);
    return { config: await readConfigFile(file), text: await readFile(file, "utf8") };
  } finally {
    await rm(directory, { recursive: true });
  }
}

test("the lab's own configuration, at other addresses", async () => {
  const { config, text } = await configOf({});
  assert.doesNotMatch(text, /127\.0\.\d\.1/);
  const lab = JSON.stringify(await readConfigFile(exampleConfig)).replaceAll(/127\.0\.([123])\.1\b/g, "127.77.7.$1");
  assert.deepEqual(config, JSON.parse(lab));
});

test("edits change what they name and nothing else", async () => {
  const plain = (await configOf({})).config;
  const edited = (await configOf({ probes: { intervalMs: 2_000, deadlineMs: 1_000 }, preferredArbiter: "arbiter-a" }))
    .config;
  assert.deepEqual(
    edited.arbiters.map(({ name }) => name),
    ["arbiter-a", "arbiter-w", "arbiter-b"],
  );
  assert.deepEqual(edited.probes, { ...plain.probes, intervalMs: 2_000, deadlineMs: 1_000 });
  assert.deepEqual({ ...edited, arbiters: 0, probes: 0 }, { ...plain, arbiters: 0, probes: 0 });
});
