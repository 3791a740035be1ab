import assert from "node:assert/strict";
import { test } from "node:test";
import type { Acquired, Lease } from "../lease.ts";
import { until } from "./until.ts";

/** A fresh lease that was never acquired, in a schema that is ready. One is made for each law. */
export type LeaseBench = {
  /** Another door to the same row, as another process has it. */
  readonly open: () => Promise<Lease>;
  /** Lets the database's clock go on. Absent: real time passes, and the laws wait for it. */
  readonly advance?: (ms: number) => void;
  readonly close: () => Promise<void>;
};

/** Long enough that no law sees it pass, however busy the machine is. */
const longMs = 600_000;
const shortMs = 300;

type Law = (lease: Lease, bench: LeaseBench) => Promise<void>;

/** Registers the laws of a lease as tests. */
export function testLease(makeLease: () => Promise<LeaseBench>): void {
  for (const [name, law] of Object.entries({ ...acquiring, ...holding, ...seizing, ...racing })) {
    test(`lease: ${name}`, async () => {
      const bench = await makeLease();
      try {
        await law(await bench.open(), bench);
      } finally {
        await bench.close();
      }
    });
  }
}

const acquiring: Readonly<Record<string, Law>> = {
  "nothing is there before the first acquisition, which has epoch 1": async (lease) => {
    assert.equal(await lease.read(), undefined);
    assert.deepEqual(await lease.acquire("a", longMs), { kind: "acquired", epoch: 1 });
    const row = await rowOf(lease);
    assert.deepEqual([row.holder, row.epoch, row.isExpired], ["a", 1, false]);
  },
  "it is held until it expires, for its own holder too": async (lease, bench) => {
    await lease.acquire("a", longMs);
    const row = await rowOf(lease);
    const other = await bench.open();
    assert.deepEqual(await other.acquire("b", longMs), { kind: "held", row });
    assert.deepEqual(await lease.acquire("a", longMs), { kind: "held", row });
  },
  "an expired lease goes to whoever asks, with a higher epoch": async (lease, bench) => {
    await lease.acquire("a", shortMs);
    await expire(lease, bench);
    const other = await bench.open();
    const epoch = epochOf(await other.acquire("b", longMs));
    assert.ok(epoch >= 2);
    assert.deepEqual(pick(await rowOf(lease)), { holder: "b", epoch });
  },
  "released, it goes to the next at once, and the epoch still grows": async (lease, bench) => {
    const other = await bench.open();
    let epoch = epochOf(await lease.acquire("a", longMs));
    for (const holder of ["b", "a", "b"]) {
      const { holder: before } = await rowOf(lease);
      await lease.release({ holder: before, epoch });
      assert.equal((await rowOf(lease)).isExpired, true);
      const next = epochOf(await (holder === "a" ? lease : other).acquire(holder, longMs));
      assert.ok(next > epoch);
      epoch = next;
    }
  },
};

const holding: Readonly<Record<string, Law>> = {
  "renewing extends it and keeps the epoch": async (lease, bench) => {
    const epoch = epochOf(await lease.acquire("a", 60_000));
    const before = await rowOf(lease);
    assert.deepEqual(await lease.renew({ holder: "a", epoch }, longMs), { kind: "renewed" });
    const after = await rowOf(lease);
    assert.deepEqual(pick(after), { holder: "a", epoch });
    assert.notEqual(after.expiresAt, before.expiresAt);
    bench.advance?.(61_000);
    assert.equal((await rowOf(lease)).isExpired, false);
  },
  "only its holder renews, and only under its epoch": async (lease) => {
    const epoch = epochOf(await lease.acquire("a", longMs));
    const row = await rowOf(lease);
    for (const held of [
      { holder: "b", epoch },
      { holder: "a", epoch: epoch - 1 },
      { holder: "a", epoch: epoch + 1 },
    ]) {
      assert.deepEqual(await lease.renew(held, longMs), { kind: "lost" });
    }
    assert.deepEqual(await lease.read(), row);
  },
  "an expired lease is not renewed, though nobody took it": async (lease, bench) => {
    const epoch = epochOf(await lease.acquire("a", shortMs));
    await expire(lease, bench);
    assert.deepEqual(await lease.renew({ holder: "a", epoch }, longMs), { kind: "lost" });
    assert.equal((await rowOf(lease)).isExpired, true);
  },
  "renewing what was never acquired is lost": async (lease) => {
    assert.deepEqual(await lease.renew({ holder: "a", epoch: 1 }, longMs), { kind: "lost" });
    assert.equal(await lease.read(), undefined);
  },
  "raising takes an epoch above the one found, and above its own": async (lease) => {
    const epoch = epochOf(await lease.acquire("a", longMs));
    const before = await rowOf(lease);
    const high = epochOf(await lease.raise({ holder: "a", epoch }, 41));
    assert.ok(high > 41);
    assert.equal((await rowOf(lease)).expiresAt, before.expiresAt);
    assert.ok(epochOf(await lease.raise({ holder: "a", epoch: high }, 7)) > high);
  },
  "only who holds it raises it": async (lease, bench) => {
    const epoch = epochOf(await lease.acquire("a", longMs));
    const row = await rowOf(lease);
    const other = await bench.open();
    assert.deepEqual(await other.raise({ holder: "b", epoch }, 41), { kind: "held", row });
    assert.deepEqual(await lease.raise({ holder: "a", epoch: epoch + 1 }, 41), { kind: "held", row });
  },
  "an expired lease is not raised": async (lease, bench) => {
    const epoch = epochOf(await lease.acquire("a", shortMs));
    await expire(lease, bench);
    assert.equal((await lease.raise({ holder: "a", epoch }, 41)).kind, "held");
    assert.equal((await rowOf(lease)).epoch, epoch);
  },
  "only who holds it releases it": async (lease) => {
    const epoch = epochOf(await lease.acquire("a", longMs));
    const row = await rowOf(lease);
    await lease.release({ holder: "b", epoch });
    await lease.release({ holder: "a", epoch: epoch + 1 });
    assert.deepEqual(await lease.read(), row);
  },
};

const seizing: Readonly<Record<string, Law>> = {
  "the exact row is seized, though it has not expired": async (lease, bench) => {
    const epoch = epochOf(await lease.acquire("a", longMs));
    const other = await bench.open();
    const seized = epochOf(await other.seize(await rowOf(other), "b", longMs));
    assert.ok(seized > epoch);
    assert.deepEqual(pick(await rowOf(lease)), { holder: "b", epoch: seized });
    assert.deepEqual(await lease.renew({ holder: "a", epoch }, longMs), { kind: "lost" });
  },
  "a row seen through one door is seized through another": async (lease, bench) => {
    await lease.acquire("a", longMs);
    const other = await bench.open();
    assert.deepEqual(await other.read(), await lease.read());
    assert.equal((await other.seize(await rowOf(lease), "b", longMs)).kind, "acquired");
  },
  "a row that was renewed since it was read is not seized": async (lease) => {
    const epoch = epochOf(await lease.acquire("a", 60_000));
    const seen = await rowOf(lease);
    await lease.renew({ holder: "a", epoch }, longMs);
    assert.deepEqual(await lease.seize(seen, "b", longMs), { kind: "held", row: await rowOf(lease) });
  },
  "a row that differs in one field is not seized": async (lease) => {
    await lease.acquire("a", longMs);
    const row = await rowOf(lease);
    for (const seen of [
      { ...row, holder: "c" },
      { ...row, epoch: row.epoch + 1 },
      { ...row, expiresAt: `${row.expiresAt}0` },
    ]) {
      assert.deepEqual(await lease.seize(seen, "b", longMs), { kind: "held", row });
    }
  },
};

const racers = 12;
const rounds = 30;

const racing: Readonly<Record<string, Law>> = {
  "of twelve who want a free lease exactly one has it, time after time": async (_lease, bench) => {
    const doors = await openDoors(bench);
    let highest = 0;
    for (let round = 0; round < rounds; round += 1) {
      const outcomes = await Promise.all(doors.map((door, index) => door.acquire(`racer-${index}`, longMs)));
      const { holder, epoch } = theWinner(outcomes);
      assert.ok(epoch > highest);
      highest = epoch;
      assert.deepEqual(pick(await rowOf(doors[0])), { holder, epoch });
      await doors[0]?.release({ holder, epoch });
    }
  },
  "of twelve who seize the same row exactly one has it, time after time": async (lease, bench) => {
    await lease.acquire("racer-0", longMs);
    const doors = await openDoors(bench);
    for (let round = 0; round < rounds; round += 1) {
      const row = await rowOf(lease);
      const outcomes = await Promise.all(doors.map((door, index) => door.seize(row, `racer-${index}`, longMs)));
      assert.deepEqual(pick(await rowOf(lease)), theWinner(outcomes));
    }
  },
  "a holder who renews and one who seizes: exactly one has it, time after time": async (lease, bench) => {
    const other = await bench.open();
    let epoch = epochOf(await lease.acquire("a", longMs));
    for (let round = 1; round <= rounds; round += 1) {
      const row = await rowOf(other);
      // Each round has a term of its own, so that a renewal can be seen even on a clock that stands still.
      const renew = (): ReturnType<Lease["renew"]> => lease.renew({ holder: row.holder, epoch }, longMs + round);
      const seize = (): Promise<Acquired> => other.seize(row, `b-${round}`, longMs);
      const racing = round % 2 === 0 ? ([renew(), seize()] as const) : ([seize(), renew()] as const);
      const kinds = (await Promise.all(racing)).map(({ kind }) => kind).sort();
      const after = await rowOf(lease);
      const isSeized = kinds[0] === "acquired";
      assert.deepEqual(kinds, isSeized ? ["acquired", "lost"] : ["held", "renewed"]);
      assert.equal(after.holder, isSeized ? `b-${round}` : row.holder);
      assert.ok(isSeized ? after.epoch > epoch : after.epoch === epoch);
      epoch = after.epoch;
    }
  },
};

const openDoors = (bench: LeaseBench): Promise<Lease[]> =>
  Promise.all(Array.from({ length: racers }, () => bench.open()));

function theWinner(outcomes: readonly Acquired[]): { holder: string; epoch: number } {
  const winners = outcomes.flatMap((outcome, index) =>
    outcome.kind === "acquired" ? [{ holder: `racer-${index}`, epoch: outcome.epoch }] : [],
  );
  assert.equal(winners.length, 1);
  const [winner] = winners;
  assert.ok(winner);
  return winner;
}

async function expire(lease: Lease, bench: LeaseBench): Promise<void> {
  bench.advance?.(shortMs + 1);
  await until(async () => (await rowOf(lease)).isExpired, "the lease expires");
}

function epochOf(acquired: Acquired): number {
  assert.equal(acquired.kind, "acquired");
  return acquired.kind === "acquired" ? acquired.epoch : 0;
}

async function rowOf(lease: Lease | undefined): Promise<NonNullable<Awaited<ReturnType<Lease["read"]>>>> {
  const row = await lease?.read();
  assert.ok(row);
  return row;
}

const pick = (row: { holder: string; epoch: number }): { holder: string; epoch: number } => ({
  holder: row.holder,
  epoch: row.epoch,
});
