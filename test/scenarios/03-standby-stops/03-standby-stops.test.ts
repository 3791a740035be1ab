import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorld } from "../world/world.ts";

test("when the standby stops, nothing moves, no number is given out, and the missing standby is told", async () => {
  await using world = await openWorld({ sites: ["site-a", "site-b"] });
  const { fence } = await world.status();
  await world.stopModels("site-b");
  await world.untilStatus("no standby", ({ services }) => services[0]?.situation === "serving-without-standby");
  await world.staysFor(8);
  assert.equal((await world.status()).fence, fence);
  assert.deepEqual(await world.events("decided"), []);
});
