import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { parseConfig } from "@sluice/contract";
import type { Config } from "@sluice/core";
import { addressAt, getAt, makeWorld, openDesk, snapshotOf, until } from "../../../test/dns/world.ts";

const entry = (name: string, httpPort: number) => ({
  name,
  site: "site-b",
  address: "127.0.0.1",
  port: 0,
  url: `http://127.0.0.1:${httpPort}`,
});

test("with every arbiter dead, a starting node takes the newest snapshot of its peers", async () => {
  await using world = await makeWorld();
  world.put(snapshotOf(5, ["127.0.1.1"]));
  const fallen = await world.start({ state: "fallen" });
  await using older = await world.start({ state: "older" });
  await fallen.close();
  world.put(snapshotOf(6, ["127.0.2.1"]));
  await using newer = await world.start({ state: "newer" });
  await until("a peer has moved on", async () => (await addressAt(newer)) === "127.0.2.1");
  await world.stopArbiter();
  const peers = [entry("ns-b", older.httpPort), entry("ns-c", newer.httpPort)];
  const config = { ...world.config, nameservers: [...world.config.nameservers, ...peers] };
  await using returned = await world.start({ state: "fallen", config });
  assert.equal(await addressAt(returned), "127.0.2.1");
  assert.deepEqual((await getAt(returned, "/v1/snapshot")).body, (await getAt(newer, "/v1/snapshot")).body);
});

test("with no snapshot at all and every arbiter dead, it goes on asking its peers", async () => {
  await using world = await makeWorld();
  await using desk = await openDesk();
  const peers = [{ ...entry("ns-b", 0), url: desk.url }];
  const config = { ...world.config, nameservers: [...world.config.nameservers, ...peers] };
  await world.stopArbiter();
  await using nameserver = await world.start({ config });
  assert.equal(await addressAt(nameserver), "rcode 2");
  desk.putSnapshot(world.signer.sign("snapshot", snapshotOf(3, ["127.0.2.1"])));
  await until("the peer's snapshot is served", async () => (await addressAt(nameserver)) === "127.0.2.1");
});

test("a newer configuration revision changes the arbiters that are followed, at once and after a restart", async () => {
  await using world = await makeWorld();
  await using desk = await openDesk();
  const parsed = parseConfig(
    await readFile(new URL("../../../packages/contract/examples/lab.yaml", import.meta.url), "utf8"),
  );
  assert.ok(parsed.kind === "ok");
  // It names no nameserver, so ours goes on at the ports of its file.
  const next: Config = {
    ...parsed.config,
    nameservers: [],
    arbiters: [{ name: "arbiter-x", site: "site-w", url: desk.url }],
  };
  world.put(snapshotOf(5, ["127.0.1.1"]));
  const nameserver = await world.start();
  world.desk.putConfig(world.signer.sign("config", { revision: 1, config: next }));
  world.put(snapshotOf(6, ["127.0.1.1"], { configRevision: 1 }));
  await until("the new arbiter is asked", () => desk.asked.length > 0);
  desk.putSnapshot(world.signer.sign("snapshot", snapshotOf(7, ["127.0.2.1"], { configRevision: 1 })));
  await until("the new arbiter's snapshot is served", async () => (await addressAt(nameserver)) === "127.0.2.1");
  const asked = world.asked.length;
  const seen = desk.asked.length;
  await until("the new one is asked on", () => desk.asked.length >= seen + 3);
  assert.ok(world.asked.length <= asked + 1, "the old one is let go");
  assert.match(String((await getAt(nameserver, "/metrics")).body), /^sluice_nameserver_config_revision 1$/m);
  await nameserver.close();
  const before = desk.asked.length;
  await using restarted = await world.start();
  assert.equal(await addressAt(restarted), "127.0.2.1");
  assert.ok(desk.asked.length > before, "the kept revision's arbiter is asked first");
});
