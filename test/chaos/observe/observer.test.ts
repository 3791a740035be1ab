import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type TestContext, test } from "node:test";
import type { Config, Snapshot } from "@sluice/core";
import { makeKernel, makeMemoryDatabase, makeVirtualClock } from "@sluice/testkit";
import { sampleSnapshot } from "../../dns/zone.ts";
import { until } from "../../scenarios/world/until.ts";
import { makeKeyring, makeSigner } from "../../sim/keys.ts";
import { drawConfig } from "../../sim/scenario/draw-config.ts";
import { keysetOf } from "../../sim/world.ts";
import { startObserver } from "./observer.ts";

const drawn = drawConfig(makeKernel(1, () => Promise.resolve()).chance("config"));
const [holder = "", other = ""] = drawn.arbiters.map(({ name }) => name);

/** One gateway that serves what it is told, watched together with the store. */
async function setUp(t: TestContext) {
  let served = "";
  const server = createServer((_, answer) => answer.end(served)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  const config: Config = {
    ...drawn,
    nameservers: [],
    services: [],
    gateways: [{ name: "gw", site: "site-a", url, address: "127.0.0.1", port: 1, hop: { port: 2 } }],
  };
  const database = makeMemoryDatabase(makeVirtualClock());
  const stop = new AbortController();
  const observer = startObserver({
    config,
    keyring: makeKeyring(keysetOf(config)),
    token: "",
    postgres: database.open(),
    say: () => undefined,
    signal: stop.signal,
  });
  t.after(async () => {
    stop.abort();
    await observer.ended;
    server.close();
    server.closeAllConnections();
  });
  const { findings } = observer.tallies;
  return {
    lease: database.open().lease,
    asked: (id: string) => findings.exercised[id] ?? 0,
    violated: () => findings.violations.map(({ id }) => id),
    serve: (by: string, sequence: number): void => {
      const snapshot: Snapshot = { ...sampleSnapshot, fence: { ...sampleSnapshot.fence, epoch: 1, sequence } };
      served = JSON.stringify(makeSigner(by).sign("snapshot", snapshot));
    },
  };
}

test("who signs what is served must have held the epoch; what is seen before its holder is waits", async (t) => {
  const { lease, serve, asked, violated } = await setUp(t);
  serve(holder, 1);
  await until("it is seen", () => asked("I3") === 1 || undefined);
  assert.equal(asked("I2"), 0);
  assert.equal((await lease.acquire(holder, 60_000)).kind, "acquired");
  await until("the holder is known", () => asked("I2") === 1 || undefined);
  assert.deepEqual(violated(), []);
  serve(other, 2);
  await until("the other is compared", () => asked("I2") === 2 || undefined);
  assert.deepEqual(violated(), ["I2", "I1"]);
});

test("what no arbiter has signed is wrong", async (t) => {
  const { violated, serve } = await setUp(t);
  serve("nobody", 1);
  await until("it is seen", () => violated()[0]);
  assert.deepEqual(violated(), ["I14"]);
});
