import assert from "node:assert/strict";
import { test } from "node:test";
import { query } from "@sluice/dns";
import { openParts, type Parts } from "../world/open-world.ts";
import { openWorld } from "../world/world.ts";

const ask = async (parts: Parts, site: string) => {
  const server = parts.config.nameservers.find((entry) => entry.site === site);
  assert.ok(server);
  const answer = await query({ server, name: "chat.llm.example", type: "A", timeoutMs: 2_000 });
  return { rcode: answer.rcode, addresses: answer.answers.map((record) => record.data) };
};

test("a nameserver that never had a snapshot fails rather than guesses", async () => {
  const parts = await openParts({ sites: ["site-a", "site-b"] });
  try {
    await parts.startNameserver("site-b");
    assert.deepEqual(await ask(parts, "site-b"), { rcode: 2, addresses: [] });
  } finally {
    await parts.close();
  }
});

test("the first query after a restart is answered as before, with arbiter and agents gone", async () => {
  await using world = await openWorld({ sites: ["site-a", "site-b"] });
  const { parts } = world;
  await world.stopModels("site-a");
  await world.answers("site-b");
  const before = await ask(parts, "site-b");
  await Promise.all([...parts.agents.values()].map((agent) => agent.close()));
  await parts.stopArbiter();
  for (const site of ["site-b", "site-a"]) {
    await parts.nameservers.get(site)?.close();
    await parts.startNameserver(site);
    assert.deepEqual(await ask(parts, site), before);
  }
});
