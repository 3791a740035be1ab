import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "@sluice/core";
import { makeLogger, readKeyring } from "@sluice/runtime";
import { makeWorld, openDesk, snapshotOf } from "../../../test/dns/world.ts";
import { findServed } from "./adoption.ts";

const logger = makeLogger({ service: "test", name: "test", level: "silent" });

test("a new leader asks arbiters, nameservers and gateways what they serve, and does without the silent ones", async () => {
  await using world = await makeWorld();
  await using gateway = await openDesk();
  await using forger = await openDesk();
  world.put(snapshotOf(5, ["127.0.1.1"]));
  gateway.putSnapshot(world.signer.sign("snapshot", snapshotOf(7, ["127.0.2.1"])));
  forger.putSnapshot({ ...world.signer.sign("snapshot", snapshotOf(9, ["127.0.2.1"])), keyId: "root" });
  const config = {
    arbiters: [
      { name: "arbiter-a", url: "http://127.0.0.1:1" },
      { name: "arbiter-w", url: world.desk.url },
    ],
    nameservers: [{ name: "ns-a", url: forger.url }],
    gateways: [
      { name: "gateway-a", url: gateway.url },
      { name: "gateway-b", url: "http://127.0.0.1:1" },
    ],
  } as unknown as Config;
  const keyring = await readKeyring(world.directory);
  const deps = { name: "arbiter-a", keyring, token: "node-token-of-the-test", logger };
  const found = await findServed(deps, config, new AbortController().signal);
  assert.deepEqual(
    found.map(({ from, snapshot }) => `${from} ${snapshot.fence.sequence}`),
    ["arbiter-w 5", "gateway-a 7"],
  );
});
