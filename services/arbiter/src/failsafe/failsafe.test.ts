import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPlacement, promiseTiming } from "@sluice/core";
import { names, openThree } from "./test-three.ts";

type Three = ReturnType<typeof openThree>;

/** The witness's arbiter leads, has decided, and has just lost the store together with site A and its arbiter. */
async function lost(three: Three): Promise<void> {
  await three.run(5_000);
  assert.ok(three.of("arbiter-w").loop.isLeading());
  for (const name of names) three.away.add(name);
  three.dead.add("arbiter-a");
  await three.run(7_000);
  assert.ok(three.of("arbiter-w").leadership.isFailsafe(), "it goes on by the other's promise");
}

const served = (three: Three, name: Parameters<Three["of"]>[0] = "arbiter-w"): string => {
  const state = three.of(name).keeper.durable().services["chat"];
  return state ? formatPlacement(state.served) : "nowhere";
};

/** What the store says was decided, oldest first, and what was written back. */
async function told(three: Three) {
  const { store } = three.database().open();
  const decisions = (await store.decisions(100)).toReversed();
  const events = (await store.events(0, 1_000)).map(({ event }) => event);
  const back = events.flatMap((event) => (event.kind === "written-back" ? [event] : []));
  const decided = events.flatMap((event) => (event.kind === "decided" ? [event.decision.sequence] : []));
  return { places: decisions.map(({ to }) => formatPlacement(to)), back, decided };
}

test("store and site A go at once: site A is left, and the returning store has it once, with its record", async () => {
  const three = openThree();
  await lost(three);
  three.see("site-a", "down");
  await three.run(1_000);
  assert.equal(served(three), "site-b");
  const snapshot = three.of("arbiter-w").desk.current()?.snapshot;
  assert.deepEqual(three.of("arbiter-b").desk.current()?.snapshot, snapshot, "the promiser hands it out too");
  const freeze = three.freeze("night");
  assert.equal((await three.command("arbiter-w", { kind: "set-override", override: freeze })).kind, "done");
  await three.run(60_000);
  assert.ok(three.of("arbiter-w").loop.isLeading(), "promises are renewed for as long as it takes");
  three.away.clear();
  three.dead.delete("arbiter-a");
  await three.run(15_000);
  const { places, back, decided } = await told(three);
  assert.deepEqual(places, ["site-b"]);
  assert.equal(decided.length, 1);
  assert.deepEqual(
    back.map(({ number, isRecordOnly }) => [number, isRecordOnly]),
    [
      [1, false],
      [2, false],
    ],
  );
  const stored = await three.database().open().store.load();
  assert.deepEqual(stored?.overrides, [freeze]);
  assert.deepEqual(three.of("arbiter-w").keeper.durable().services, stored?.services);
  assert.deepEqual(
    names.map((name) => [three.of(name).loop.isLeading(), three.disk(name).size]),
    [
      [true, 0],
      [false, 0],
      [false, 0],
    ],
  );
});

test("a key that is revoked in failsafe holds up nobody: what that asks for is done when the store is back", async () => {
  const three = openThree();
  await lost(three);
  three.revoke("agent-site-b.old");
  three.see("site-a", "down");
  await three.run(1_000);
  assert.equal(served(three), "site-b");
});

test("in failsafe nothing else moves by itself, and no configuration is taken", async () => {
  const three = openThree();
  await lost(three);
  three.see("site-a", "degraded");
  await three.run(5_000);
  assert.equal(served(three), "site-a");
  assert.equal(three.of("arbiter-w").loop.watch().held["chat"]?.rule, "failsafe");
  const { config, configRevision } = three.of("arbiter-w").keeper.durable();
  const ask = { kind: "apply-config", config, revisionBefore: configRevision } as const;
  const result = await three.command("arbiter-w", ask);
  assert.equal(result.kind === "refused" && result.code, "STORE_UNAVAILABLE");
  assert.equal((await three.command("arbiter-w", { kind: "failover", service: "chat", to: "site-b" })).kind, "done");
});

test("alone it stops after 8 s and decides nothing more; and one that promised doesn't lead before its 10 s", async () => {
  const three = openThree();
  await lost(three);
  three.dead.add("arbiter-b");
  await three.run(9_000);
  assert.equal(three.of("arbiter-w").leadership.held(), undefined);
  three.see("site-a", "down");
  await three.run(2_000);
  assert.equal(served(three), "site-a");
});

test("a promise outlives the promiser: started again, it doesn't acquire within the time", async () => {
  const three = openThree();
  await lost(three);
  three.dead.add("arbiter-w");
  three.restart("arbiter-b");
  three.away.clear();
  const { clock, of } = three;
  const end = clock.monotonicMs() + promiseTiming.heldMs;
  while (clock.monotonicMs() < end) {
    assert.equal(of("arbiter-b").leadership.held(), undefined);
    await three.run(250);
  }
  await three.run(15_000);
  assert.ok(of("arbiter-b").loop.isLeading());
});

test("the leader dies in failsafe: whoever leads next brings its journal back, from the promiser's disk", async () => {
  const three = openThree();
  await lost(three);
  three.see("site-a", "down");
  await three.run(1_000);
  three.dead.add("arbiter-w");
  three.away.clear();
  await three.run(30_000);
  assert.ok(three.of("arbiter-b").loop.isLeading());
  assert.equal(served(three, "arbiter-b"), "site-b");
  const { places, back } = await told(three);
  assert.deepEqual([places, back.map(({ leader }) => leader)], [["site-b"], ["arbiter-w"]]);
  three.dead.clear();
  await three.run(30_000);
  assert.deepEqual((await told(three)).back.length, 1, "the one who comes back brings it no second time");
});

test("the store comes back older, or empty: nothing that was served is taken back, and the epoch is above it", async () => {
  for (const isEmpty of [false, true]) {
    const three = openThree();
    await three.run(5_000);
    const older = three.database().keep();
    await three.command("arbiter-w", { kind: "failover", service: "chat", to: "site-b" });
    await three.command("arbiter-w", { kind: "failover", service: "chat", to: "site-a" });
    await lost(three);
    three.see("site-a", "down");
    await three.run(1_000);
    const before = three.of("arbiter-w").desk.current()?.snapshot.fence;
    if (isEmpty) three.replace();
    else older();
    three.away.clear();
    await three.run(20_000);
    const leader = three.of("arbiter-w");
    assert.ok(leader.loop.isLeading());
    assert.equal(served(three), "site-b");
    const now = leader.keeper.durable().snapshot?.fence;
    assert.ok(before && now && now.epoch > before.epoch, JSON.stringify([before, now]));
    const { back, places } = await told(three);
    assert.deepEqual([back.length, places.at(-1)], [1, "site-b"]);
    assert.deepEqual((await three.database().open().store.load())?.services, leader.keeper.durable().services);
  }
});

test("the store was another's all along: that one leads on above it, and has what was done meanwhile as a record", async () => {
  const three = openThree();
  await three.run(5_000);
  three.away.add("arbiter-w");
  three.away.add("arbiter-a");
  await three.run(8_000);
  assert.ok(three.of("arbiter-w").leadership.isFailsafe());
  await three.command("arbiter-w", { kind: "failover", service: "chat", to: "site-b" });
  await three.run(20_000);
  const [first, other] = [three.of("arbiter-w"), three.of("arbiter-b")];
  assert.equal(first.leadership.held(), undefined, "it heard of the newer epoch");
  assert.ok(other.loop.isLeading());
  assert.equal(served(three, "arbiter-b"), "site-b", "what was served is what it goes on from");
  three.away.clear();
  await three.run(15_000);
  const { places, back } = await told(three);
  assert.deepEqual([places, back.length], [["site-b"], 1]);
});

test("a store that is empty again under arbiters that run is filled again", async () => {
  const three = openThree();
  await three.run(5_000);
  await three.command("arbiter-w", { kind: "failover", service: "chat", to: "site-b" });
  await three.run(1_000);
  const before = three.of("arbiter-w").keeper.durable();
  three.replace();
  await three.run(20_000);
  const leader = names.map((name) => three.of(name)).find(({ loop }) => loop.isLeading());
  assert.ok(leader);
  const stored = await three.database().open().store.load();
  assert.deepEqual(stored?.services, before.services);
  assert.ok((leader.keeper.durable().snapshot?.fence.epoch ?? 0) > (before.snapshot?.fence.epoch ?? 0));
});

test("a journal that is never told to the end costs nobody the lead", { timeout: 30_000 }, async () => {
  const three = openThree();
  await three.run(5_000);
  three.stuck.add("arbiter-b");
  await three.run(20_000);
  const { loop, leadership } = three.of("arbiter-w");
  assert.deepEqual([loop.isLeading(), leadership.whyNotWrite()], [true, undefined]);
});
