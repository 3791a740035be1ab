import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../world/until.ts";
import { openWorld } from "../world/world.ts";

test("looks that fail every other time never turn a site", async () => {
  // Alternation is five bad looks of ten; on a busy machine a discarded look makes it six, which is another story: degraded.
  await using world = await openWorld({ sites: ["site-a", "site-b"], probes: { degradedFailures: 9 } });
  const from = (await world.events("suspected")).length;
  await world.parts.models.get("site-a")?.setFaults({ alternate: true });
  await until("twenty suspicions", async () => (await world.events("suspected")).length >= from + 20 || undefined);
  assert.deepEqual(await world.events("decided"), []);
  assert.deepEqual(
    (await world.events("verdict-changed")).filter((event) => event.to.kind === "down"),
    [],
  );
});

test("a site that goes and comes again and again moves at most so often, then waits for an operator", async () => {
  const guards = { readmitAfterMs: 1_000, cooldownMs: 0, rampStepMs: 0, movesPerHourMax: 2 };
  const service = { failback: { kind: "auto-after", afterMs: 1_000 } } as const;
  await using world = await openWorld({ sites: ["site-a", "site-b"], guards, service });
  await world.stopModels("site-a");
  await world.answers("site-b");
  await world.startModels("site-a");
  await world.answers("site-a");
  await world.stopModels("site-a");
  // Leaving a dead site is never braked.
  await world.answers("site-b");
  await world.startModels("site-a");
  const { services } = await world.untilStatus(
    "failback is held",
    ({ services: [chat] }) => chat?.held?.startsWith("moves-per-hour") === true,
  );
  const [brake] = services[0]?.brakes ?? [];
  assert.deepEqual([brake?.rule, brake?.isHolding, brake?.until], ["moves-per-hour", true, null]);
  assert.match(brake?.because ?? "", /an operator must look$/);
  await world.staysFor(8);
  assert.equal((await world.events("decided")).length, 3);
});
