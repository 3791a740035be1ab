import assert from "node:assert/strict";
import { test } from "node:test";
import type { Durable } from "@sluice/core";
import type { Commit, Store } from "@sluice/ports";
import { type Keyring, makeLogger } from "@sluice/runtime";
import type { EntryLog, KeptEntry } from "./entry-log.ts";
import { makeWriteBack } from "./write-back.ts";

const durable = { config: { arbiters: [] }, configRevision: 0, services: {} } as unknown as Durable;

test("nothing is written by whose lead is over; a commit whose outcome was lost is read back, though nobody keeps its entry any more", async () => {
  const kept = [{ name: "1.1", entry: { leader: "arbiter-a", epoch: 1, number: 1, commit: { id: "c1", events: [] } } }];
  const asked: string[] = [];
  const stored = new Set<string>();
  const store = {
    load: async () => undefined,
    async committed(id: string) {
      asked.push(id);
      return stored.has(id);
    },
    async commit({ id }: Commit) {
      stored.add(id);
      throw new Error("the connection is gone");
    },
  } as unknown as Store;
  const writeBack = makeWriteBack({
    name: "arbiter-w",
    store,
    keyring: {} as Keyring,
    log: { all: () => kept as unknown as readonly KeptEntry[] } as EntryLog,
    peers: { send: async () => undefined, next: async () => undefined },
    logger: makeLogger({ service: "test", name: "arbiter-w", level: "silent" }),
  });
  const writer = { epoch: 2, mayWrite: () => true };
  // The machine slept while the store was read: nothing is sent.
  assert.equal(await writeBack.run(durable, { ...writer, mayWrite: () => false }), "refused");
  assert.equal(stored.size, 0);
  await assert.rejects(writeBack.run(durable, writer), /connection is gone/);
  kept.pop();
  assert.equal(await writeBack.run(durable, writer), "written", "the store is further than its leader knows");
  assert.deepEqual(asked, ["c1", "c1", "c1"]);
  assert.equal(await writeBack.run(durable, writer), "nothing");
});
