import { test } from "node:test";
import { openWorld } from "../world/world.ts";

const sites = ["site-a", "site-b"];

test("the second site recovers first and serves; the first one comes back and waits for failback", async () => {
  await using world = await openWorld({ sites, service: { allBad: { kind: "failOpen" } } });
  await world.stopModels("site-a");
  await world.answers("site-b");
  await world.stopModels("site-b");
  await world.answers("site-a", "site-b");
  await world.startModels("site-b");
  await world.answers("site-b");
  await world.startModels("site-a");
  await world.untilStatus("site-a is quarantined and well", ({ services }) =>
    services.some(({ standby }) => standby.some((one) => one.health === "healthy" && one.isQuarantined)),
  );
  await world.staysFor(8);
  await world.failback();
  await world.answers("site-a");
});

test("the first site recovers first: though quarantined, it beats a dead one", async () => {
  await using world = await openWorld({ sites });
  await world.stopModels("site-a");
  await world.answers("site-b");
  await world.stopModels("site-b");
  await world.untilStatus("everything is down", ({ services }) => services[0]?.situation === "everything-down");
  await world.startModels("site-a");
  await world.answers("site-a");
});
