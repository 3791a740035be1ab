import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { makePostgres } from "@sluice/store-postgres";
import { until } from "../scenarios/world/until.ts";
import { openWorld, type World } from "../scenarios/world/world.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { type Load, startLoad } from "./load.ts";

// The arbiter's database is three servers under Patroni, and the primary's machine is lost, or stands still, while operators work.

/** Patroni's lease of 20 s has to run out first. Unit: milliseconds. */
const resumeMaxMs = 45_000;
/** Until the fault every order is answered within this; none for so long means that the database is away. */
const goneMs = 1_500;

let cluster: Cluster;
let world: World;
const doors: { close(): Promise<void> }[] = [];

before(async () => {
  cluster = await startCluster();
  const database = {
    open() {
      const door = makePostgres({ url: cluster.url, log: () => undefined });
      doors.push(door);
      return door;
    },
  };
  world = await openWorld({ sites: ["site-a", "site-b"], database });
});
after(async () => {
  await world?.[Symbol.asyncDispose]();
  await Promise.all(doors.map((door) => door.close()));
  await cluster?.[Symbol.asyncDispose]();
});

test("the primary's machine is lost under load", async (t) => {
  const primary = await cluster.untilWhole();
  const load = await begin(t);
  await cluster.kill(primary);
  const ms = await resumed(load);
  t.diagnostic(`orders were taken again after ${(ms / 1000).toFixed(1)} s; ${load.done.size} were taken in all`);
  assert.ok(ms <= resumeMaxMs, `${ms} ms`);
  await nothingLost(load);
  await cluster.start(primary);
  assert.notEqual(await cluster.untilWhole(), primary);
});

test("the primary's machine stands still under load, and comes to when another has taken over", async (t) => {
  const primary = await cluster.untilWhole();
  const load = await begin(t);
  await cluster.pause(primary);
  const ms = await resumed(load);
  await cluster.resume(primary);
  t.diagnostic(`orders were taken again after ${(ms / 1000).toFixed(1)} s; ${load.done.size} were taken in all`);
  assert.ok(ms <= resumeMaxMs, `${ms} ms`);
  assert.notEqual(await cluster.untilWhole(), primary);
  await nothingLost(load);
});

test("after all of it automation moves traffic as ever", async () => {
  await world.untilStatus("no order is in force", ({ overrides }) => overrides.length === 0);
  await world.stopModels("site-a");
  await world.answers("site-b");
});

/** Orders that are taken, and answers that are those of before for as long as it lasts. */
async function begin(t: TestContext): Promise<Load> {
  await world.answers("site-a");
  const load = startLoad(world);
  t.after(() => load.stop());
  await until("orders are taken", () => load.done.size >= 20 || undefined);
  return load;
}

/** How long no order was taken, from the fault on. The load goes on for a while after that. */
async function resumed(load: Load): Promise<number> {
  const faultAt = performance.now();
  await until("orders aren't taken", () => performance.now() - load.doneAt() > goneMs || undefined);
  const before = load.done.size;
  await until("orders are taken again", () => load.done.size > before || undefined, resumeMaxMs * 2);
  const ms = performance.now() - faultAt;
  await until("many are", () => load.done.size >= before + 20 || undefined);
  return ms;
}

/** Every order that was answered stands in the journal once, and none of the others twice; epochs only grow; no answer changed. */
async function nothingLost(load: Load): Promise<void> {
  await load.stop();
  await world.answers("site-a");
  await world.staysFor(4);
  const written = (await world.events("override-set")).map(({ override }) => override.reason);
  const times = Map.groupBy(written, (reason) => reason);
  for (const reason of load.done) assert.equal(times.get(reason)?.length, 1, `${reason} was answered`);
  for (const [reason, all] of times) assert.equal(all.length, 1, `${reason} is written twice`);
  const epochs = load.epochs.filter((epoch) => epoch > 0);
  assert.deepEqual(
    epochs,
    epochs.toSorted((one, other) => one - other),
  );
  for (const { server, changes } of world.parts.polled())
    assert.deepEqual(
      [...new Set(changes.map((change) => (change.kind === "answers" ? change.sites.join("+") : "silent")))],
      ["site-a"],
      server,
    );
}
