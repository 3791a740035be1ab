import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorld } from "../world/world.ts";

const sites = ["site-a", "site-b"];
const isAllBad = ({ services }: { services: readonly { situation: string }[] }): boolean =>
  services[0]?.situation === "everything-down";

test("lastKnownGood: the last answer stays, and the situation says so", async () => {
  await using world = await openWorld({ sites });
  await world.stopModels("site-a");
  await world.answers("site-b");
  await world.stopModels("site-b");
  await world.untilStatus("everything is down", isAllBad);
  await world.staysFor(8);
  assert.equal((await world.status()).services[0]?.served, "site-b");
});

test("failOpen: every site is answered", async () => {
  await using world = await openWorld({ sites, service: { allBad: { kind: "failOpen" } } });
  await world.stopModels("site-a");
  await world.answers("site-b");
  await world.stopModels("site-b");
  await world.answers("site-a", "site-b");
});

test("sorry: the configured address is answered", async () => {
  const service = { allBad: { kind: "sorry", addresses: ["192.0.2.1"] } } as const;
  await using world = await openWorld({ sites, service });
  await world.stopModels("site-a");
  await world.answers("site-b");
  await world.stopModels("site-b");
  await world.answers("nobody's");
});
