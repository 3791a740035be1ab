import assert from "node:assert/strict";
import { test } from "node:test";
import { checkConfig } from "@sluice/contract";
import { type Config, epochMs, newWatch, onSite, SluiceError, step } from "@sluice/core";
import { generateKeyPair, type Keyring, signerFromPem, systemClock } from "@sluice/runtime";
import { makeMemoryDatabase } from "@sluice/testkit";
import { noFailsafe } from "./failsafe/failsafe.ts";
import { makeSnapshotDesk } from "./snapshot-desk.ts";
import { trialSettings } from "./test-settings.ts";
import { makeWorldKeeper } from "./world-keeper.ts";

test("a world that an older Sluice wrote down has the settings that have come since", async () => {
  const checked = checkConfig(trialSettings);
  assert.ok(checked.kind === "ok");
  const { store, lease } = makeMemoryDatabase(systemClock).open();
  const acquired = await lease.acquire("arbiter-w", 60_000);
  assert.ok(acquired.kind === "acquired");
  await store.commit({
    id: "old",
    epoch: acquired.epoch,
    sequenceBefore: 0,
    sequence: 1,
    at: epochMs(0),
    by: "arbiter-w",
    services: { chat: { base: onSite("site-a"), served: onSite("site-a"), quarantine: [], moves: [] } },
    servicesRemoved: [],
    overrides: [],
    decisions: [],
    events: [],
    config: { revision: 3, config: asOnceWritten(checked.config) },
  });
  const keeper = makeWorldKeeper({
    name: "arbiter-w",
    store,
    signer: signerFromPem(generateKeyPair().privatePem, "arbiter-w"),
    keyring: {} as Keyring,
    desk: makeSnapshotDesk(systemClock),
    failsafe: noFailsafe,
    leadership: { whyNotWrite: () => undefined },
    bootstrap: checked.config,
  });
  assert.equal(await keeper.refresh(), true);
  const { config, configRevision } = keeper.durable();
  assert.equal(configRevision, 3);
  assert.deepEqual(config, checked.config);
});

test("takes up a commit whose outcome was lost, without waiting for the next one", async () => {
  const checked = checkConfig(trialSettings);
  assert.ok(checked.kind === "ok");
  const { store, lease } = makeMemoryDatabase(systemClock).open();
  const acquired = await lease.acquire("arbiter-w", 60_000);
  assert.ok(acquired.kind === "acquired");
  const { epoch } = acquired;
  const gone = new SluiceError("STORE_UNAVAILABLE", "the connection is gone", { transient: true });
  let isGoneAgain = true;
  const keeper = makeWorldKeeper({
    name: "arbiter-w",
    store: {
      ...store,
      commit: (commit) => store.commit(commit).then(() => Promise.reject(gone)),
      load: () => (isGoneAgain ? Promise.reject(gone) : store.load()),
    },
    signer: signerFromPem(generateKeyPair().privatePem, "arbiter-w"),
    keyring: { openKept: () => ({ kind: "refused", because: "unknown-key" }) } as unknown as Keyring,
    desk: makeSnapshotDesk(systemClock),
    failsafe: noFailsafe,
    leadership: { whyNotWrite: () => undefined },
    bootstrap: checked.config,
  });
  assert.equal(await keeper.readBack(), false);
  const ballots = { casts: [], freshDomains: [] };
  const world = { durable: keeper.durable(), watch: newWatch };
  const { change } = step(world, { ballots, commands: [], role: { kind: "leading", epoch } }, epochMs(0));
  assert.ok(change);
  await assert.rejects(keeper.commit(change, { epoch, events: [], at: epochMs(0) }), gone);
  assert.deepEqual(keeper.durable().services, {});
  // It is in, and the store is gone again before it could be loaded: still open, or the next would be made of the old world.
  await assert.rejects(keeper.readBack(), gone);
  isGoneAgain = false;
  assert.equal(await keeper.readBack(), true);
  assert.deepEqual(keeper.durable().services["chat"]?.served, onSite("site-a"));
  assert.equal(await keeper.readBack(), false);
});

/** Without what gateways brought. */
function asOnceWritten(config: Config): Config {
  const { gateways: _, ...rest } = config;
  const services = config.services.map((service) => {
    const { affinityHeaders: __, drainGraceMs: ___, ...old } = service;
    return {
      ...old,
      pools: service.pools.map(({ channel, site, endpoints, endpointsUpMin, probe }) => ({
        channel,
        site,
        endpoints,
        endpointsUpMin,
        probe,
      })),
    };
  });
  return { ...rest, services } as unknown as Config;
}
