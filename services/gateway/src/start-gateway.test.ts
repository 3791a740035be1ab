import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../../../test/dns/world.ts";
import { askAdmin, makeWorld, metricsOf, openDesk, whoServes } from "./test-world.ts";

const closed = "ECONNREFUSED";
const siteA = "site-a/stable/1";
const atSiteB = {
  sites: [
    { site: "site-b", role: "placed" },
    { site: "site-a", role: "standby" },
  ],
} as const;

test("nobody is listened for before there is a route, and then at once", async () => {
  await using world = await makeWorld();
  await using gateway = await world.start();
  assert.equal(await whoServes(world), closed);
  const early = await askAdmin(gateway, "GET", "/readyz");
  assert.deepEqual([early.status, early.body], [503, { status: "waiting", residual: 0 }]);
  assert.equal((await askAdmin(gateway, "GET", "/v1/snapshot")).status, 204);
  world.put(world.snapshot(1, { route: "none" }));
  await until("the snapshot is held", async () => (await askAdmin(gateway, "GET", "/v1/snapshot")).status === 200);
  assert.equal(await whoServes(world), closed, "it routes nothing");
  world.put(world.snapshot(2));
  await until("the door is open", async () => (await whoServes(world)) === siteA);
  const ready = await askAdmin(gateway, "GET", "/readyz");
  assert.deepEqual([ready.status, ready.body], [200, { status: "ok", fence: "lab:1.2", residual: 0 }]);
});

test("what is on disk is kept back until arbiters and peers have been asked: it may be from before the site's fall", async () => {
  await using world = await makeWorld();
  world.put(world.snapshot(5));
  await (await world.start()).close();
  // Meanwhile B has it all.
  world.put(world.snapshot(6, { route: atSiteB }));
  world.desk.hold();
  const starting = world.start();
  const before = world.desk.asked.length;
  await until("it asks", () => world.desk.asked.length > before);
  assert.equal(await whoServes(world), closed);
  world.desk.letGo();
  await using _gateway = await starting;
  assert.equal(await whoServes(world), "site-b/stable/1");
});

test("with every arbiter silent it serves what it has, after 3 s", async () => {
  await using world = await makeWorld();
  world.put(world.snapshot(5));
  await (await world.start()).close();
  world.desk.hold();
  const from = performance.now();
  await using _gateway = await world.start();
  assert.ok(performance.now() - from >= 2_900);
  assert.equal(await whoServes(world), siteA);
});

test("with every arbiter dead a starting gateway takes the newest snapshot of its peers", async () => {
  await using world = await makeWorld();
  const peer = await openDesk();
  peer.put(world.sign(world.snapshot(7)));
  await world.desk.close();
  const entry = { ...world.own, name: "gateway-b", site: "site-b", url: peer.url };
  const config = { ...world.config, gateways: [...world.config.gateways, entry] };
  await using gateway = await world.start({ config });
  assert.equal(await whoServes(world), siteA);
  assert.equal((await askAdmin(gateway, "GET", "/readyz")).body["fence"], "lab:1.7");
  await peer.close();
});

test("an older snapshot, and one without an answer, change nothing for clients", async () => {
  await using world = await makeWorld();
  world.put(world.snapshot(5));
  await using gateway = await world.start();
  for (const offered of [world.snapshot(4, { route: atSiteB }), world.snapshot(6, { route: atSiteB, addresses: [] })]) {
    world.put(offered);
    const seen = world.desk.asked.length;
    await until("it was offered", () => world.desk.asked.length >= seen + 2);
    assert.equal(await whoServes(world), siteA);
  }
  const metrics = await metricsOf(gateway);
  assert.match(metrics, /^sluice_gateway_snapshots_total\{result="older-fence"\} [1-9]/m);
  assert.match(metrics, /^sluice_gateway_snapshots_total\{result="empty-answer"\} [1-9]/m);
  assert.match(metrics, /^sluice_gateway_sequence 5$/m);
});

test("a door that can't be opened ends the start, or the process later on, and leaves nothing open", async () => {
  await using world = await makeWorld();
  await using other = await makeWorld();
  other.put(other.snapshot(1));
  await using _taker = await other.start();
  const taken = { ...world.own, address: other.own.address };
  const config = { ...world.config, gateways: [taken] };
  await using late = await world.start({ config });
  world.put(world.snapshot(1));
  await assert.rejects(late.failed, /EADDRINUSE/);
  await assert.rejects(world.start({ config, state: "second" }), /EADDRINUSE/);
});

test("a gateway that the configuration doesn't name says which ones it names", async () => {
  await using world = await makeWorld();
  const config = { ...world.config, gateways: [{ ...world.own, name: "gateway-b" }] };
  await assert.rejects(world.start({ config }), { code: "CONFIG_INVALID", hint: "The configuration names gateway-b." });
});
