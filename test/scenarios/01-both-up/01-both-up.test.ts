import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorld } from "../world/world.ts";

test("with both sites up, every nameserver answers the first one only", async () => {
  await using world = await openWorld({ sites: ["site-a", "site-b"] });
  await world.answers("site-a");
  await world.staysFor(8);
  const status = await world.status();
  assert.equal(status.services[0]?.situation, "serving");
  assert.deepEqual(await world.events("decided"), []);
});
