import assert from "node:assert/strict";
import { test } from "node:test";
import { type Event, leaseTiming, SluiceError } from "@sluice/core";
import type { Lease } from "@sluice/ports";
import { makeMemoryDatabase, makeVirtualClock } from "@sluice/testkit";
import { noFailsafe } from "./failsafe/failsafe.ts";
import { type Leadership, makeLeadership } from "./leadership.ts";

/** Three arbiters on one lease and one virtual clock, in order of preference. */
function threeArbiters(wrap: (lease: Lease) => Lease = (lease) => lease) {
  const clock = makeVirtualClock();
  const database = makeMemoryDatabase(clock);
  const events: Event[] = [];
  const make = (name: string, rank: number | undefined): Leadership =>
    makeLeadership({
      name,
      rank: () => rank,
      lease: wrap(database.open().lease),
      clock,
      timing: leaseTiming,
      failsafe: noFailsafe,
      isSettled: () => true,
      onEvent: (event) => void events.push(event),
    });
  const arbiters = [make("arbiter-w", 0), make("arbiter-a", 1), make("arbiter-b", 2)] as const;
  /** All tick every 250 ms, the less preferred ones first, so that preference shows and not the order. */
  const run = async (ms: number, alive: readonly Leadership[] = arbiters): Promise<void> => {
    for (let spent = 0; spent < ms; spent += 250) {
      for (const arbiter of alive.toReversed()) await arbiter.tick(true);
      clock.advance(250);
    }
  };
  return { clock, arbiters, events, run, make };
}

const holders = (arbiters: readonly Leadership[]): readonly boolean[] =>
  arbiters.map((one) => one.held() !== undefined);

test("the preferred arbiter leads first, and goes on for as long as it renews", async () => {
  const { arbiters, run, events } = threeArbiters();
  await run(60_000);
  assert.deepEqual(holders(arbiters), [true, false, false]);
  assert.deepEqual(events, [{ kind: "leader-elected", arbiter: "arbiter-w", epoch: 1 }]);
});

test("votes come late and to all at once, and still the preferred arbiter leads", async () => {
  for (const isFree of [true, false]) {
    const { arbiters, run, clock } = threeArbiters();
    if (isFree) {
      await arbiters[2].tick(true);
      clock.advance(1_000);
      await arbiters[2].resign("it was stopped");
    }
    for (let spent = 0; spent < 20_000; spent += 250) {
      for (const arbiter of arbiters) await arbiter.tick(false);
      clock.advance(250);
    }
    await run(3_000);
    assert.deepEqual(holders(arbiters), [true, false, false]);
  }
});

test("when the leader is gone the next by rank leads within 13 s, under a higher epoch", async () => {
  const { arbiters, run } = threeArbiters();
  await run(3_000);
  const [, ...alive] = arbiters;
  await run(13_000, alive);
  assert.deepEqual(holders(alive), [true, false]);
  assert.equal(arbiters[1].held()?.epoch, 2);
  assert.deepEqual(arbiters[2].seen(), { holder: "arbiter-a", epoch: 2 });
});

test("a leader that wakes from a pause lays down its pen before it writes", async () => {
  const { arbiters, clock, events } = threeArbiters();
  const [leader] = arbiters;
  await leader.tick(true);
  assert.equal(leader.whyNotWrite(), undefined);
  clock.advance(leaseTiming.writeForMs);
  assert.equal(leader.whyNotWrite(), "renewal-too-old");
  await leader.tick(true);
  assert.equal(leader.held(), undefined);
  assert.equal(events.at(-1)?.kind, "leader-resigned");
});

test("a machine that was suspended is found out by its two clocks", async () => {
  const { arbiters, clock } = threeArbiters();
  await arbiters[0].tick(true);
  clock.stepWall(5_000);
  assert.equal(arbiters[0].whyNotWrite(), "clocks-disagree");
});

test("giving the lease up lets the next one in at once, in order of preference", async () => {
  const { arbiters, run } = threeArbiters();
  await run(1_000);
  await arbiters[0].resign("it was stopped");
  await run(2_000, arbiters.slice(1));
  assert.deepEqual(holders(arbiters), [false, true, false]);
  await arbiters[1].resign("arbiter-w is preferred and ready");
  await run(2_000);
  assert.deepEqual(holders(arbiters), [true, false, false]);
});

test("without fresh votes, or when the configuration names it no more, an arbiter doesn't bid", async () => {
  const { arbiters, make, clock } = threeArbiters();
  const dropped = make("arbiter-old", undefined);
  for (let turn = 0; turn < 200; turn += 1) {
    await arbiters[0].tick(false);
    await dropped.tick(true);
    clock.advance(250);
  }
  assert.deepEqual(holders([arbiters[0], dropped]), [false, false]);
});

test("on an operator's word it bids without enough fresh votes, for a minute", async () => {
  const { arbiters, clock } = threeArbiters();
  const [arbiter] = arbiters;
  arbiter.force();
  await arbiter.tick(false);
  assert.ok(arbiter.held());
  await arbiter.resign("a test");
  clock.advance(60_000);
  await arbiter.tick(false);
  assert.equal(arbiter.held(), undefined);
});

test("a store that is away costs the lead and nothing else; other errors are not swallowed", async () => {
  let failure: Error | undefined;
  const wrap = (lease: Lease): Lease => ({
    ...lease,
    renew: async (held, ttlMs) => {
      if (failure) throw failure;
      return lease.renew(held, ttlMs);
    },
  });
  const { arbiters, clock } = threeArbiters(wrap);
  const [leader] = arbiters;
  await leader.tick(true);
  failure = new SluiceError("STORE_UNAVAILABLE", "gone", { transient: true });
  clock.advance(leaseTiming.renewEveryMs);
  await leader.tick(true);
  assert.notEqual(leader.held(), undefined);
  failure = new Error("a mistake of ours");
  await assert.rejects(leader.tick(true), /a mistake of ours/);
});

test("a newer fence found in the world lifts the epoch above it", async () => {
  const { arbiters } = threeArbiters();
  await arbiters[0].tick(true);
  assert.equal(await arbiters[0].raise(41), true);
  assert.equal(arbiters[0].held()?.epoch, 42);
});
