import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorld } from "../world/world.ts";

test("when the first site stops, every nameserver moves; when it is back, the answers stay until failback", async () => {
  await using world = await openWorld({ sites: ["site-a", "site-b"] });
  await world.stopModels("site-a");
  await world.answers("site-b");
  await world.startModels("site-a");
  const back = await world.untilStatus("site-a is healthy again, and quarantined", ({ services }) =>
    services.some(({ standby }) => standby.some((one) => one.health === "healthy" && one.isQuarantined)),
  );
  assert.equal(back.services[0]?.served, "site-b");
  await world.staysFor(8);
  await world.failback();
  await world.answers("site-a");
  const causes = (await world.events("decided")).map((event) => event.decision.cause.kind);
  assert.deepEqual(causes, ["evacuate", "operator"]);
});

test("failback by itself goes in steps, and every nameserver follows", async () => {
  const service = { failback: { kind: "auto-after", afterMs: 1_000 } } as const;
  const guards = { readmitAfterMs: 1_000, cooldownMs: 0, rampStepMs: 1_000 };
  await using world = await openWorld({ sites: ["site-a", "site-b"], service, guards });
  await world.stopModels("site-a");
  await world.answers("site-b");
  await world.startModels("site-a");
  // Each step lasts a second, which a look may miss; the journal misses none.
  await world.untilStatus("all of it is home", ({ services }) => services[0]?.served === "site-a");
  await world.answers("site-a");
  const decided = await world.events("decided");
  assert.deepEqual(
    decided.slice(1).map((event) => event.decision.to.kind === "sites" && event.decision.to.shares[0]?.share),
    [1, 5, 20, 50, 1],
  );
});

test("failback by itself, after a while at home in good health", async () => {
  const service = { failback: { kind: "auto-after", afterMs: 1_000 } } as const;
  const guards = { readmitAfterMs: 1_000, cooldownMs: 0, rampStepMs: 0 };
  await using world = await openWorld({ sites: ["site-a", "site-b"], service, guards });
  await world.stopModels("site-a");
  await world.answers("site-b");
  await world.startModels("site-a");
  await world.answers("site-a");
  const causes = (await world.events("decided")).map((event) => event.decision.cause.kind);
  assert.deepEqual(causes, ["evacuate", "failback"]);
});
