import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorld } from "../world/world.ts";

test("a drained site is left at once, through a restart, until the override expires; the real state is shown beside", async () => {
  await using world = await openWorld({ sites: ["site-a", "site-b"] });
  const body = { kind: "drain", site: "site-a", forMs: 6_000, reason: "work on the racks" };
  const done = await world.operate("POST", "/v1/overrides", body);
  assert.equal(done.status, 200, JSON.stringify(done.body));
  await world.answers("site-b");
  const [forced] = (await world.status()).services;
  assert.deepEqual([forced?.served, forced?.base, forced?.isForced], ["site-b", "site-a", true]);
  await world.parts.stopArbiter();
  await world.parts.startArbiter();
  const { overrides } = await world.untilStatus("the restarted arbiter leads", ({ vantages }) =>
    vantages.every((vantage) => vantage.isFresh),
  );
  assert.deepEqual(
    overrides.map((override) => override.kind),
    ["drain"],
  );
  await world.answers("site-a");
  const [free] = (await world.status()).services;
  assert.deepEqual([free?.base, free?.isForced], ["site-a", false]);
  assert.deepEqual(
    (await world.events("override-ended")).map((event) => event.because),
    ["expired"],
  );
});
