import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorld } from "../scenarios/world/world.ts";

// What agents see is theirs alone, so this is played on a world of real agents, an arbiter and nameservers.

test("24. a server that is well but serves no model, or another one, is not ready, and ready again with its model", async () => {
  await using world = await openWorld({ sites: ["site-a", "site-b"] });
  const model = world.parts.models.get("site-a");
  assert.ok(model);
  await model.setFaults({ missingModel: true });
  const health = await fetch(`${model.url}/health`);
  assert.equal(health.status, 200);
  await world.answers("site-b");
  await model.setFaults({});
  const back = await world.untilStatus("site-a is healthy again", ({ services }) =>
    services.some(({ standby }) => standby.some((one) => one.site === "site-a" && one.health === "healthy")),
  );
  assert.equal(back.services[0]?.served, "site-b");
});
