import assert from "node:assert/strict";
import { test } from "node:test";
import { checkConfig } from "@sluice/contract";
import { type Config, epochMs, type Found, formatFence, leaseTiming, type Override } from "@sluice/core";
import { generateKeyPair, type Keyring, makeLogger, type Signer, signerFromPem } from "@sluice/runtime";
import { makeRegistry } from "@sluice/runtime/server";
import { makeMemoryDatabase, makeVirtualClock } from "@sluice/testkit";
import { assemble } from "./assemble.ts";
import { makeArbiterMetrics } from "./metrics.ts";
import { trialSettings } from "./test-settings.ts";

test("a leader whose store lost commits asks what is served, and goes on above it", async () => {
  const checked = checkConfig(trialSettings);
  assert.ok(checked.kind === "ok");
  const clock = makeVirtualClock();
  const database = makeMemoryDatabase(clock);
  const served: Found[] = [];
  const signer = signerFromPem(generateKeyPair().privatePem, "arbiter-w");
  const context = assemble({
    ...wiring(checked.config, signer),
    ...database.open(),
    clock,
    findServed: () => Promise.resolve(served),
  });
  await context.leadership.tick(true);
  await context.loop.turn();
  const lose = database.keep();
  await freeze(context, "first");
  const { snapshot } = context.keeper.durable();
  assert.ok(snapshot);
  // A node serves by what the standby never heard of.
  served.push({ from: "ns-a", snapshot: { ...snapshot, fence: { ...snapshot.fence, sequence: 9 } } });
  lose();
  assert.equal((await freeze(context, "second"))?.kind, "refused");
  await context.loop.turn();
  const now = context.keeper.durable().snapshot;
  assert.ok(now);
  assert.equal(formatFence(now.fence), "trial:2.10");
});

function wiring(config: Config, signer: Signer) {
  return {
    name: "arbiter-w",
    config,
    logger: makeLogger({ service: "test", name: "arbiter-w", level: "silent" }),
    signer,
    keyring: {
      standing: () => "good",
      keyset: {},
      openKept: () => ({ kind: "refused", because: "unknown-key" }),
      onChange: () => undefined,
    } as unknown as Keyring,
    metrics: makeArbiterMetrics(makeRegistry()),
    timing: leaseTiming,
    newNonce: () => "nonce",
    wake: () => undefined,
    signal: new AbortController().signal,
  };
}

async function freeze(context: ReturnType<typeof assemble>, id: string) {
  const times = { setAt: epochMs(0), until: epochMs(Number.MAX_SAFE_INTEGER) };
  const override: Override = { id, kind: "freeze", by: "anna", reason: "a test", ...times };
  const ask = { kind: "set-override", override } as const;
  const told = context.loop.submit({ id, by: "anna", reason: "a test", overrideRules: [], isDryRun: false, ask });
  await context.loop.turn();
  return told;
}
