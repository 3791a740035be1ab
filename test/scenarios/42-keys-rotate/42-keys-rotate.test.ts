import assert from "node:assert/strict";
import { test } from "node:test";
import type { Envelope } from "@sluice/core";
import { counted, everybodyHas, keysOf, metricsOf, steady } from "../world/keys.ts";
import { until } from "../world/until.ts";
import { openWorld, type World } from "../world/world.ts";

const refusals = ["unknown-key", "revoked-key", "bad-signature", "wrong-role"];

test("an agent's and the arbiter's key are rotated under queries and votes, with nobody restarted and nothing refused", async () => {
  await using world = await openWorld(steady);
  const keys = keysOf(world);
  const before = await snapshotOf(world);
  assert.equal(before.keyId, "arbiter-w");

  await keys.rotate("agent-a", "arbiter-w");
  await everybodyHas(world, 3);
  // The arbiter says its last word again under its new key, as an epoch of its own, and what is served is the same.
  const after = await until("the arbiter signs with its new key", async () => {
    const envelope = await snapshotOf(world);
    return envelope.keyId === "arbiter-w.2" ? envelope : undefined;
  });
  const [old, now] = [before, after].map(
    ({ payload }) => JSON.parse(payload) as { fence: { epoch: number }; services: unknown },
  );
  assert.equal(now?.fence.epoch, (old?.fence.epoch ?? 0) + 1);
  assert.deepEqual(now?.services, old?.services);
  await world.untilStatus("every nameserver serves by it", ({ nameservers }) =>
    nameservers.every((each) => each.isCurrent),
  );

  await keys.revoke(["agent-a", "arbiter-w"], "--old");
  await everybodyHas(world, 5);
  const votes = await countedVotes(world);
  await until(
    "votes are counted without the old key",
    async () => (await countedVotes(world)) > votes + 10 || undefined,
  );
  const { vantages } = await world.status();
  assert.ok(
    vantages.every(({ isFresh }) => isFresh),
    JSON.stringify(vantages),
  );
  await world.answers("site-a");
  await nothingWasRefused(world);
  assert.deepEqual(
    (await world.events("keyset-taken")).map(({ version }) => version),
    [3, 5],
  );
});

const snapshotOf = async (world: World): Promise<Envelope> =>
  (await world.get("/v1/snapshot?node=test")).body as Envelope;

const countedVotes = async (world: World): Promise<number> =>
  counted(await metricsOf(world.parts.config.arbiters[0]?.url ?? ""), "sluice_arbiter_reports_total", "counted");

async function nothingWasRefused(world: World): Promise<void> {
  const { arbiters, nameservers } = world.parts.config;
  const metrics = await metricsOf(arbiters[0]?.url ?? "");
  const votes = refusals.filter((result) => counted(metrics, "sluice_arbiter_reports_total", result) > 0);
  assert.deepEqual(votes, []);
  for (const { name, url } of nameservers)
    assert.equal(counted(await metricsOf(url), "sluice_nameserver_snapshots_total", "unsigned"), 0, name);
}
