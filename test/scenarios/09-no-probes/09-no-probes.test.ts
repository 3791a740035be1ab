import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorld } from "../world/world.ts";

test("an arbiter that hears no vantage freezes and says so; an operator can still move", async () => {
  await using world = await openWorld({ sites: ["site-a", "site-b"] });
  await Promise.all([...world.parts.agents.values()].map((agent) => agent.close()));
  await world.stopModels("site-a");
  const blind = await world.untilStatus("no vantage is fresh", ({ vantages }) => vantages.every((one) => !one.isFresh));
  assert.deepEqual([...new Set(blind.vantages.map((vantage) => vantage.because))], ["stale"]);
  await world.untilStatus("the site is unknown", ({ services }) => services[0]?.situation === "site-unknown");
  await world.staysFor(12);
  assert.ok((await world.events("stale-inputs")).length > 0);
  assert.deepEqual(await world.events("decided"), []);
  const body = { to: "site-b", reason: "site a is dark and nobody can see it" };
  const done = await world.operate("POST", "/v1/services/chat/failover", body);
  assert.equal(done.status, 200, JSON.stringify(done.body));
  await world.answers("site-b");
});
