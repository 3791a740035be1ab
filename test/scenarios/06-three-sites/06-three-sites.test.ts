import { test } from "node:test";
import { openWorld } from "../world/world.ts";

test("of three sites the next in order serves, whichever nameserver is asked", async () => {
  await using world = await openWorld({ sites: ["site-a", "site-b", "site-c"] });
  await world.stopModels("site-a");
  await world.answers("site-b");
  await world.staysFor(8);
  await world.stopModels("site-b");
  await world.answers("site-c");
});
