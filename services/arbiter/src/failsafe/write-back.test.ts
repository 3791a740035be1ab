import assert from "node:assert/strict";
import { test } from "node:test";
import { checkConfig } from "@sluice/contract";
import { type Durable, type Envelope, epochMs, onSite } from "@sluice/core";
import type { Commit, Store } from "@sluice/ports";
import { type Keyring, makeLogger } from "@sluice/runtime";
import { makeMemoryDatabase, makeVirtualClock } from "@sluice/testkit";
import { trialSettings } from "../test-settings.ts";
import type { EntryLog, KeptEntry } from "./entry-log.ts";
import { noHash } from "./messages.ts";
import { makeWriteBack } from "./write-back.ts";

const commit: Commit = {
  id: "c1",
  epoch: 1,
  sequenceBefore: 8,
  sequence: 9,
  at: epochMs(1),
  by: "arbiter-a",
  services: { chat: { base: onSite("site-a"), served: onSite("site-a"), quarantine: [], moves: [] } },
  servicesRemoved: [],
  overrides: [],
  decisions: [],
  events: [],
};
const kept: KeptEntry = {
  name: "1.1",
  entry: { kind: "entry", leader: "arbiter-a", epoch: 1, number: 1, before: noHash, commit },
  envelope: { keyId: "arbiter-a", payload: "{}", signature: "" },
  hash: noHash,
};

test("nothing is written by whose lead is over; a commit whose outcome was lost is read back, though nobody keeps its entry any more", async () => {
  const { store, lease } = makeMemoryDatabase(makeVirtualClock()).open();
  const acquired = await lease.acquire("arbiter-w", 60_000);
  assert.ok(acquired.kind === "acquired");
  const { log, keep } = logOf([kept]);
  const asked: string[] = [];
  const writeBack = makeWriteBack({
    name: "arbiter-w",
    store: losing(store, asked),
    // What was kept is open already, and no snapshot is in the store.
    keyring: {} as Keyring,
    log,
    peers: { send: async () => undefined, next: async () => undefined },
    logger: makeLogger({ service: "test", name: "arbiter-w", level: "silent" }),
  });
  const durable = trial();
  const writer = { epoch: acquired.epoch, mayWrite: () => true };
  // The machine slept while the store was read: nothing is sent.
  assert.equal(await writeBack.run(durable, { ...writer, mayWrite: () => false }), "refused");
  assert.equal(await store.head(), undefined);
  await assert.rejects(writeBack.run(durable, writer), /connection is gone/);
  keep([]);
  assert.equal(await writeBack.run(durable, writer), "written", "the store is further than its leader knows");
  assert.deepEqual(asked, ["c1", "c1", "c1"]);
  assert.equal(await writeBack.run(durable, writer), "nothing");
  const written = (await store.events(0, 10)).map(({ event }) => event.kind);
  assert.deepEqual(written, ["written-back"], "once");
});

test("of what another keeps no more is asked than says that the store lacks it, and nobody is heard without an end", async () => {
  const { store } = makeMemoryDatabase(makeVirtualClock()).open();
  const asked: string[] = [];
  const isIn = new Set<string>();
  const keyring = { open: (_kind: string, { payload }: Envelope) => ({ ...opened, value: JSON.parse(payload) }) };
  const writeBack = makeWriteBack({
    name: "arbiter-w",
    store: { ...store, committed: async (id) => isIn.has(id) || isIn.has("all") },
    keyring: keyring as unknown as Keyring,
    log: logOf([]).log,
    peers: {
      send: async () => undefined,
      async next(of, after) {
        if (of.name !== "arbiter-a") return undefined;
        asked.push(after);
        const entry = { ...kept.entry, number: asked.length, commit: { ...commit, id: `c${asked.length}` } };
        return { keyId: "arbiter-a", payload: JSON.stringify(entry), signature: "A".repeat(86) };
      },
    },
    logger: makeLogger({ service: "test", name: "arbiter-w", level: "silent" }),
  });
  const arbiters = [{ name: "arbiter-a", site: "site-a", url: "http://127.0.0.1:3" }];
  const config = { ...trial().config, arbiters };
  isIn.add("c1");
  assert.equal(await writeBack.isNeeded(config), true);
  assert.equal(asked.length, 2, "the first is in, the second is not");
  isIn.add("all");
  assert.equal(await writeBack.isNeeded(config), false);
  assert.equal(asked.length, 2 + 1_000);
});

const opened = { kind: "ok", name: "arbiter-a", site: "" };

/** A store whose commits are in, and whose answers to them are lost. */
const losing = (store: Store, asked: string[]): Store => ({
  ...store,
  async committed(id) {
    asked.push(id);
    return store.committed(id);
  },
  async commit(page) {
    assert.equal((await store.commit(page)).kind, "committed");
    throw new Error("the connection is gone");
  },
});

function logOf(entries: readonly KeptEntry[]): {
  readonly log: EntryLog;
  readonly keep: (entries: readonly KeptEntry[]) => void;
} {
  let all = entries;
  const log = {
    load: async () => undefined,
    all: () => all,
    add: async () => undefined,
    remove: async () => undefined,
  };
  return { log, keep: (next) => (all = next) };
}

function trial(): Durable {
  const checked = checkConfig(trialSettings);
  assert.ok(checked.kind === "ok");
  const { config } = checked;
  return {
    installation: config.installation,
    sequence: 8,
    configRevision: 1,
    config,
    services: {},
    overrides: [],
    snapshot: undefined,
  };
}
