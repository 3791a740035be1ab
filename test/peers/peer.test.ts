import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { peer } from "./peer.ts";

test("finds the first program on the path, past folders and files that can't be run", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-peers-"));
  try {
    const [asFolder, asText, asProgram] = ["a", "b", "c"].map((name) => join(folder, name)) as [string, string, string];
    await mkdir(join(asFolder, "dig"), { recursive: true });
    await mkdir(asText);
    await writeFile(join(asText, "dig"), "", { mode: 0o644 });
    await mkdir(asProgram);
    await writeFile(join(asProgram, "dig"), "#!/bin/sh\n", { mode: 0o755 });
    assert.deepEqual(peer("dig", [asFolder, asText, asProgram].join(delimiter)), { path: join(asProgram, "dig") });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("says what to install when the program is nowhere", () => {
  // Debian has dig in /usr/bin, so /usr/sbin, which is always looked at, doesn't hold it.
  assert.deepEqual(peer("dig", ""), { skip: "dig is not installed: apt-get install dnsutils" });
});
