import assert from "node:assert/strict";
import { test } from "node:test";
import { epochMs, type SluiceError } from "@sluice/core";
import type { Lease } from "../lease.ts";
import type { Store } from "../store.ts";
import { at, commit, config, dated, decision, envelope, event, firstCommit, override, state } from "./samples.ts";

/** An empty database without a schema. One is made for each law. */
export type StoreBench = {
  /** Another door to the same database, as another process has it. */
  readonly open: () => Promise<{ readonly store: Store; readonly lease: Lease }>;
  readonly close: () => Promise<void>;
};

type Scene = { readonly store: Store; readonly lease: Lease; readonly epoch: number; readonly bench: StoreBench };
type Laws = Readonly<Record<string, (scene: Scene) => Promise<void>>>;

const longMs = 600_000;

/** Registers the laws of a store as tests. Most begin with a schema and a lease held by `a`. */
export function testStore(makeStore: () => Promise<StoreBench>): void {
  const laws: Laws = { ...keeping, ...refusing, ...journalling, ...racing };
  for (const [name, law] of Object.entries(laws)) {
    test(`store: ${name}`, () => onBench(makeStore, async (bench) => law(await begin(bench))));
  }
  for (const [name, law] of Object.entries(migrating)) {
    test(`store: ${name}`, () => onBench(makeStore, law));
  }
}

async function onBench(makeStore: () => Promise<StoreBench>, law: (bench: StoreBench) => Promise<void>): Promise<void> {
  const bench = await makeStore();
  try {
    await law(bench);
  } finally {
    await bench.close();
  }
}

async function begin(bench: StoreBench): Promise<Scene> {
  const { store, lease } = await bench.open();
  await store.migrate();
  const acquired = await lease.acquire("a", longMs);
  assert.equal(acquired.kind, "acquired");
  return { store, lease, bench, epoch: acquired.kind === "acquired" ? acquired.epoch : 0 };
}

const keeping: Laws = {
  "nothing is there before the first commit": async ({ store }) => {
    assert.equal(await store.load(), undefined);
    assert.equal(await store.head(), undefined);
    assert.deepEqual(await store.events(0, 10), []);
    assert.deepEqual(await store.decisions(10), []);
    assert.equal(await store.committed("commit-0"), false);
  },
  "what was committed is loaded, here and elsewhere": async ({ store, epoch, bench }) => {
    const snapshot = { envelope: envelope('{"a": 1}'), epoch, sequence: 1 };
    const first = firstCommit(epoch, { overrides: [override], snapshot });
    assert.deepEqual(await store.commit(first), { kind: "committed", lastEventId: 0 });
    const elsewhere = (await bench.open()).store;
    for (const each of [store, elsewhere]) {
      assert.deepEqual(await each.load(), {
        sequence: 1,
        configRevision: 0,
        config: config("lab"),
        services: first.services,
        overrides: [override],
        snapshotEnvelope: snapshot.envelope,
      });
      assert.deepEqual(await each.head(), { sequence: 1, configRevision: 0, lastEventId: 0 });
    }
  },
  "changed services are written, the others stay, removed ones go": async ({ store, epoch }) => {
    await store.commit(
      firstCommit(epoch, { services: { a: state("site-a"), b: state("site-a"), c: state("site-a") } }),
    );
    const services = { b: state("site-b"), d: state("site-a") };
    await store.commit(commit({ epoch, sequenceBefore: 1, services, servicesRemoved: ["c", "never-there"] }));
    assert.deepEqual((await store.load())?.services, { a: state("site-a"), b: state("site-b"), d: state("site-a") });
  },
  "config and snapshot stay until a commit brings new ones; overrides are replaced": async ({ store, epoch }) => {
    const snapshot = { envelope: envelope("one"), epoch, sequence: 1 };
    await store.commit(firstCommit(epoch, { overrides: [override], snapshot }));
    await store.commit(commit({ epoch, sequenceBefore: 1, sequence: 5 }));
    const kept = await store.load();
    assert.deepEqual([kept?.sequence, kept?.snapshotEnvelope, kept?.overrides], [5, snapshot.envelope, []]);
    assert.deepEqual(kept?.config, config("lab"));
    const next = {
      config: { revision: 1, config: config("other") },
      snapshot: { ...snapshot, envelope: envelope("2") },
    };
    await store.commit(commit({ epoch, sequenceBefore: 5, ...next }));
    const changed = await store.load();
    assert.deepEqual(await store.head(), { sequence: 6, configRevision: 1, lastEventId: 0 });
    assert.deepEqual([changed?.config, changed?.configRevision], [config("other"), 1]);
    assert.deepEqual(changed?.snapshotEnvelope, envelope("2"));
  },
  "the store keeps a copy: what the caller does to its own later changes nothing": async ({ store, epoch }) => {
    const services = { chat: state("site-a") };
    await store.commit(firstCommit(epoch, { services }));
    const loaded = await store.load();
    services.chat = state("site-b");
    Object.assign(loaded?.services ?? {}, { more: state("site-b") });
    assert.deepEqual((await store.load())?.services, { chat: state("site-a") });
  },
  "committed answers by id": async ({ store, epoch }) => {
    const first = firstCommit(epoch);
    await store.commit(first);
    assert.deepEqual([await store.committed(first.id), await store.committed("another")], [true, false]);
  },
  "decisions come newest first, all of one commit too": async ({ store, epoch }) => {
    const one = [decision(1, "chat"), decision(1, "embed")];
    await store.commit(firstCommit(epoch, { decisions: one }));
    await store.commit(commit({ epoch, sequenceBefore: 1, decisions: [decision(2)] }));
    assert.deepEqual(await store.decisions(10), [decision(2), decision(1, "embed"), decision(1, "chat")]);
    assert.deepEqual(await store.decisions(1), [decision(2)]);
  },
};

/** Everything that a refused commit might have touched. */
const everything = async (store: Store): Promise<unknown> => [
  await store.load(),
  await store.head(),
  await store.events(0, 1000),
  await store.decisions(1000),
];

const brings = {
  services: { chat: state("site-b") },
  servicesRemoved: ["embed"],
  overrides: [override],
  config: { revision: 9, config: config("other") },
  decisions: [decision(2)],
  events: [event(2)],
};

const refusing: Laws = {
  "under another epoch, older or newer, a commit is fenced and leaves nothing": async ({ store, epoch, lease }) => {
    await store.commit(firstCommit(epoch));
    const row = await lease.read();
    assert.ok(row);
    await lease.seize(row, "b", longMs);
    const current = (await lease.read())?.epoch ?? 0;
    const before = await everything(store);
    for (const other of [epoch, current + 1, 0]) {
      const refused = commit({ epoch: other, sequenceBefore: 1, ...brings });
      assert.deepEqual(await store.commit(refused), { kind: "fenced", epoch: current });
      assert.equal(await store.committed(refused.id), false);
    }
    assert.deepEqual(await everything(store), before);
  },
  "under the right epoch, but by another than its holder, a write is fenced and leaves nothing": async (scene) => {
    const { store, epoch } = scene;
    await store.commit(firstCommit(epoch));
    const before = await everything(store);
    const refused = commit({ epoch, sequenceBefore: 1, by: "b", ...brings });
    assert.deepEqual(await store.commit(refused), { kind: "fenced", epoch });
    assert.deepEqual(await store.append({ epoch, by: "b", entries: dated([event(1)]) }), { kind: "fenced", epoch });
    assert.equal(await store.committed(refused.id), false);
    assert.deepEqual(await everything(store), before);
  },
  "on another head a commit is a conflict and leaves nothing": async ({ store, epoch }) => {
    const early = commit({ epoch, sequenceBefore: 4, ...brings });
    assert.deepEqual(await store.commit(early), { kind: "conflict", sequence: 0 });
    assert.equal(await store.load(), undefined);
    await store.commit(firstCommit(epoch, { sequence: 3 }));
    const before = await everything(store);
    for (const sequenceBefore of [0, 2, 4]) {
      const refused = commit({ epoch, sequenceBefore, ...brings });
      assert.deepEqual(await store.commit(refused), { kind: "conflict", sequence: 3 });
      assert.equal(await store.committed(refused.id), false);
    }
    assert.deepEqual(await everything(store), before);
  },
  "a commit that fails half-way leaves nothing: an id is taken once": async ({ store, epoch }) => {
    const first = firstCommit(epoch, { events: [event(1)] });
    await store.commit(first);
    const before = await everything(store);
    await assert.rejects(store.commit(commit({ epoch, sequenceBefore: 1, ...brings, id: first.id })));
    assert.deepEqual(await everything(store), before);
    const next = await store.commit(commit({ epoch, sequenceBefore: 1, events: [event(2)] }));
    assert.deepEqual(next, { kind: "committed", lastEventId: 2 });
  },
  "a sequence that does not grow, or a new world without a configuration, is our mistake": async ({ store, epoch }) => {
    await assert.rejects(store.commit(commit({ epoch, sequenceBefore: 0 })));
    await store.commit(firstCommit(epoch));
    await assert.rejects(store.commit(commit({ epoch, sequenceBefore: 1, sequence: 1 })));
    assert.deepEqual(await store.head(), { sequence: 1, configRevision: 0, lastEventId: 0 });
  },
  "an append under another epoch is fenced and leaves nothing": async ({ store, lease, epoch, bench }) => {
    assert.deepEqual(await store.append({ epoch: epoch + 1, by: "a", entries: dated([event(1)]) }), {
      kind: "fenced",
      epoch,
    });
    await lease.release({ holder: "a", epoch });
    const other = await bench.open();
    assert.equal((await other.lease.acquire("b", longMs)).kind, "acquired");
    assert.equal((await store.append({ epoch, by: "a", entries: dated([event(1)]) })).kind, "fenced");
    assert.deepEqual(await store.events(0, 10), []);
  },
  "a closed store is unavailable": async ({ store }) => {
    await store.close();
    await assert.rejects(store.head(), (error: SluiceError) => error.code === "STORE_UNAVAILABLE" && error.transient);
  },
};

const journalling: Laws = {
  "events of commits and appends share one numbering, oldest first": async ({ store, epoch }) => {
    const appended = await store.append({ epoch, by: "a", entries: dated([event(1), event(2)]) });
    assert.deepEqual(appended, { kind: "appended", lastEventId: 2 });
    const committed = await store.commit(firstCommit(epoch, { events: [event(3)] }));
    assert.deepEqual(committed, { kind: "committed", lastEventId: 3 });
    assert.deepEqual(await store.append({ epoch, by: "a", entries: dated([]) }), { kind: "appended", lastEventId: 3 });
    assert.equal((await store.head())?.lastEventId, 3);
    assert.deepEqual(await store.events(0, 10), [
      { id: 1, at, by: "a", event: event(1) },
      { id: 2, at, by: "a", event: event(2) },
      { id: 3, at, by: "a", event: event(3) },
    ]);
  },
  "events keep the dates at which they happened": async ({ store, epoch }) => {
    const entries = [0, 250, 120].map((ms, index) => ({ at: epochMs(at + ms), event: event(index) }));
    await store.append({ epoch, by: "a", entries });
    assert.deepEqual(
      (await store.events(0, 10)).map((entry) => ({ at: entry.at, event: entry.event })),
      entries,
    );
  },
  "events are paged by the last id seen": async ({ store, epoch }) => {
    const events = Array.from({ length: 1_050 }, (_, index) => event(index + 1));
    await store.append({ epoch, by: "a", entries: dated(events) });
    const pageOf = async (after: number, limit: number): Promise<number[]> =>
      (await store.events(after, limit)).map(({ id }) => id);
    assert.deepEqual(await pageOf(0, 2), [1, 2]);
    assert.deepEqual(await pageOf(2, 2), [3, 4]);
    assert.deepEqual(await pageOf(1_048, 10), [1_049, 1_050]);
    assert.deepEqual(await pageOf(1_050, 10), []);
    assert.equal((await pageOf(0, 5_000)).length, 1_000);
  },
  "odd characters come back as they went in": async ({ store, epoch }) => {
    const odd = { kind: "decided", decision: decision(1) } as const;
    await store.append({ epoch, by: "a", entries: dated([odd]) });
    assert.deepEqual((await store.events(0, 1))[0]?.event, odd);
  },
};

const rounds = 5;

const racing: Laws = {
  "of two commits on one head exactly one is in, time after time": async ({ store, epoch, bench }) => {
    const other = (await bench.open()).store;
    await store.commit(firstCommit(epoch));
    for (let round = 1; round <= rounds; round += 1) {
      const rivals = [
        commit({ epoch, sequenceBefore: round, services: { chat: state("site-a") }, events: [event(1)] }),
        commit({ epoch, sequenceBefore: round, services: { chat: state("site-b") }, events: [event(2)] }),
      ] as const;
      const results = await Promise.all([store.commit(rivals[0]), other.commit(rivals[1])]);
      assert.deepEqual(results.map(({ kind }) => kind).sort(), ["committed", "conflict"]);
      const winner = results[0].kind === "committed" ? rivals[0] : rivals[1];
      assert.deepEqual((await store.load())?.services["chat"], winner.services["chat"]);
      assert.deepEqual(
        (await store.events(round - 1, 10)).map((entry) => entry.event),
        winner.events,
      );
    }
  },
  "appends that race keep every event, numbered without gaps": async ({ store, epoch, bench }) => {
    const other = (await bench.open()).store;
    const append = (index: number): ReturnType<Store["append"]> =>
      (index % 2 === 0 ? store : other).append({ epoch, by: "a", entries: dated([event(index)]) });
    await Promise.all(Array.from({ length: 12 }, (_, index) => append(index)));
    const entries = await store.events(0, 100);
    assert.deepEqual(
      entries.map(({ id }) => id),
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
  },
  "a commit that races a takeover is in before it, or fenced": async ({ store, lease, bench, epoch: first }) => {
    const other = await bench.open();
    let epoch = first;
    await store.commit(firstCommit(epoch));
    for (let round = 0; round < rounds; round += 1) {
      const before = (await store.head())?.sequence ?? 0;
      const row = await lease.read();
      assert.ok(row);
      const late = commit({ epoch, sequenceBefore: before, by: row.holder });
      const [result, seized] = await Promise.all([store.commit(late), other.lease.seize(row, "b", longMs)]);
      assert.equal(seized.kind, "acquired");
      epoch = seized.kind === "acquired" ? seized.epoch : 0;
      const isIn = result.kind === "committed";
      assert.ok(isIn || result.kind === "fenced");
      assert.equal((await store.head())?.sequence, isIn ? before + 1 : before);
      assert.equal(await store.committed(late.id), isIn);
    }
  },
};

const migrating: Readonly<Record<string, (bench: StoreBench) => Promise<void>>> = {
  "several migrate an empty database at once, and again later": async (bench) => {
    const doors = await Promise.all(Array.from({ length: 5 }, () => bench.open()));
    await Promise.all(doors.map(({ store }) => store.migrate()));
    const [door] = doors;
    assert.ok(door);
    const acquired = await door.lease.acquire("a", longMs);
    assert.deepEqual(acquired, { kind: "acquired", epoch: 1 });
    await door.store.commit(firstCommit(1, { events: [event(1)] }));
    const before = await everything(door.store);
    await Promise.all(doors.map(({ store }) => store.migrate()));
    assert.deepEqual(await everything(door.store), before);
  },
  "without any lease every write is fenced by epoch 0": async (bench) => {
    const { store } = await bench.open();
    await store.migrate();
    for (const epoch of [0, 1]) {
      assert.deepEqual(await store.commit(firstCommit(epoch)), { kind: "fenced", epoch: 0 });
      assert.deepEqual(await store.append({ epoch, by: "a", entries: dated([event(1)]) }), {
        kind: "fenced",
        epoch: 0,
      });
    }
    assert.equal(await store.head(), undefined);
  },
};
