import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorld } from "../world/world.ts";

test("a dead gateway moves traffic although every pod behind it is ready", async () => {
  await using world = await openWorld({ sites: ["site-a", "site-b"], gateways: true });
  await world.parts.gateways.get("site-a")?.stop();
  await world.answers("site-b");
  const [decided] = await world.events("decided");
  assert.match(decided?.decision.because ?? "", /^edge:site-a is down/);
});
