import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { sluice, steady } from "../world/keys.ts";
import { openParts, type Parts } from "../world/open-world.ts";
import { until } from "../world/until.ts";

const repository = resolve(import.meta.dirname, "../../..");
type Start = { readonly site: string; readonly role: string; readonly command: string };

test("what init makes is enough: one site's processes as its own words start them, the others by their directories, and names are answered", async (t) => {
  let starts: readonly Start[] = [];
  const parts = await openParts({
    ...steady,
    async prepareKeys(config, directory) {
      const [file, made] = [join(directory, "sluice.yaml"), join(directory, "made")];
      await writeFile(file, JSON.stringify(config));
      const told = await sluice("init", made, "--config", file);
      starts = told["starts"] as readonly Start[];
      const all = [...config.arbiters, ...config.agents, ...config.nameservers];
      return (name) => join(made, all.find((entry) => entry.name === name)?.site ?? "", name);
    },
  });
  t.after(() => parts.close());
  await parts.startArbiter();
  for (const { site, command } of starts) {
    if (site !== "site-a") continue;
    const [, ...args] = command.split(" ");
    const child = spawn(process.execPath, args, { cwd: repository, stdio: ["ignore", "ignore", "inherit"] });
    t.after(async () => {
      child.kill();
      if (child.exitCode === null) await once(child, "exit");
    });
  }
  await Promise.all(["site-b", "site-w"].map((site) => parts.startNameserver(site)));
  await Promise.all(["site-b", "site-w"].map((site) => parts.startAgent(site)));
  parts.startPoll();
  await until(
    "every nameserver answers site-a",
    () => lastAnswers(parts).every((sites) => sites === "site-a") || undefined,
  );
  assert.equal(lastAnswers(parts).length, 3);
});

/** What each nameserver answered last, by sites. */
const lastAnswers = (parts: Parts): readonly string[] =>
  parts.polled().map(({ changes }) => {
    const last = changes.findLast((change) => change.kind === "answers");
    return last?.kind === "answers" ? last.sites.join("+") : "nothing";
  });
