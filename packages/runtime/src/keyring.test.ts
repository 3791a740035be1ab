import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pino } from "pino";
import { readKeyring } from "./keyring.ts";
import { generateKeyPair } from "./keys.ts";
import { makeKeysDir, pairOf } from "./test-keys.ts";

test("a keyset is taken when the root signed it and its version is higher, and nothing else is", async (t) => {
  const one = pairOf("arbiter-w");
  const { directory, seal } = await makeKeysDir(t, one.entry);
  const ring = await readKeyring(directory);
  const other = pairOf("arbiter-a").entry;
  const offers = [
    ["not-ours", seal({ version: 9 }, generateKeyPair().privatePem)],
    ["not-ours", seal({ version: 9, installation: "other" })],
    ["not-ours", { ...seal({ version: 9 }), keyId: "arbiter-w" }],
    ["not-ours", { ...seal({ version: 2 }), payload: seal({ version: 9 }).payload }],
    ["not-ours", one.signer.sign("keyset", { installation: "lab", version: 9, keys: [] })],
    ["not-ours", seal({ version: 9, keys: [{ ...one.entry, publicKey: "no key at all" }] })],
    ["repeat", seal({ version: 1 })],
    ["other-content", seal({ version: 1, keys: [] })],
    ["older", seal({ version: 0 })],
    ["taken", seal({ version: 5, keys: [one.entry, other] })],
    ["older", seal({ version: 4 })],
    ["repeat", seal({ version: 5, keys: [one.entry, other] })],
  ] as const;
  for (const [wanted, envelope] of offers) assert.equal(await ring.offer(envelope), wanted);
  assert.equal(ring.keyset.version, 5);
  assert.equal(ring.standing("arbiter-a"), "good");
});

test("a newer keyset outlives a restart; an older one that was installed since doesn't win, and a newer one does", async (t) => {
  const { directory, seal } = await makeKeysDir(t, pairOf("arbiter-w").entry);
  const state = join(directory, "state");
  const ring = await readKeyring(directory, state);
  assert.equal(await ring.offer(seal({ version: 3 })), "taken");
  assert.equal((await readKeyring(directory, state)).keyset.version, 3);
  await writeFile(join(directory, "keyset.json"), JSON.stringify(seal({ version: 2 })));
  assert.equal((await readKeyring(directory, state)).keyset.version, 3);
  await writeFile(join(directory, "keyset.json"), JSON.stringify(seal({ version: 4 })));
  assert.equal((await readKeyring(directory, state)).keyset.version, 4);
});

test("a root.pub that is no key is told of as one", async (t) => {
  const { directory } = await makeKeysDir(t);
  await writeFile(join(directory, "root.pub"), "torn");
  await assert.rejects(readKeyring(directory), { code: "KEY_UNREADABLE", message: /root\.pub/ });
});

test("a kept keyset that doesn't verify is told of as an error, and none at all is not", async (t) => {
  const { directory, seal } = await makeKeysDir(t);
  const state = join(directory, "state");
  const lines: string[] = [];
  const logger = pino({ base: null }, { write: (line) => lines.push(line) });
  await readKeyring(directory, state, logger);
  await (await readKeyring(directory, state)).offer(seal({ version: 2 }));
  await readKeyring(directory, state, logger);
  const bad = ["{", JSON.stringify(seal({ version: 3 }, generateKeyPair().privatePem))];
  for (const text of bad) {
    await writeFile(join(state, "keyset.json"), text);
    assert.equal((await readKeyring(directory, state, logger)).keyset.version, 1);
  }
  assert.equal(lines.length, bad.length);
  for (const line of lines) assert.match(line, /"level":50,.*"event":"damaged"/);
});

test("keysets that come at once are kept in their order", async (t) => {
  const { directory, seal } = await makeKeysDir(t);
  const state = join(directory, "state");
  const ring = await readKeyring(directory, state);
  const offers = [2, 3, 4, 5].map((version) => ring.offer(seal({ version })));
  assert.deepEqual(await Promise.all(offers), ["taken", "taken", "taken", "taken"]);
  assert.equal((await readKeyring(directory, state)).keyset.version, 5);
});

test("a keyset that can't be kept is in force all the same, and says so", async (t) => {
  const { directory, seal } = await makeKeysDir(t);
  // A file where the state directory should be: nothing can be written below it, not even by root.
  const state = join(directory, "state");
  const ring = await readKeyring(directory, state);
  await writeFile(state, "");
  assert.equal(await ring.offer(seal({ version: 2 })), "not-kept");
  assert.equal(ring.keyset.version, 2);
});

test("what a revoked key signed is refused from then on, and what was kept of it still verifies", async (t) => {
  const { entry, signer } = pairOf("arbiter-w");
  const { directory, seal } = await makeKeysDir(t, entry);
  const ring = await readKeyring(directory);
  const envelope = signer.sign("snapshot", { of: "before" });
  assert.equal(ring.open("snapshot", envelope, "arbiter").kind, "ok");
  await ring.offer(seal({ version: 2, keys: [], revoked: [entry] }));
  assert.deepEqual(ring.open("snapshot", envelope, "arbiter"), { kind: "refused", because: "revoked-key" });
  assert.equal(ring.openKept("snapshot", envelope, "arbiter").kind, "ok");
  const forged = { ...envelope, payload: envelope.payload.replace("before", "after") };
  assert.deepEqual(ring.openKept("snapshot", forged, "arbiter"), { kind: "refused", because: "bad-signature" });
  assert.equal(ring.standing("arbiter-w"), "revoked");
});

test("whoever listens is told of each newer keyset, until they listen no more", async (t) => {
  const { directory, seal } = await makeKeysDir(t);
  const ring = await readKeyring(directory);
  const heard: number[] = [];
  const stop = ring.onChange(() => heard.push(ring.keyset.version));
  await ring.offer(seal({ version: 2 }));
  await ring.offer(seal({ version: 2 }));
  stop();
  await ring.offer(seal({ version: 3 }));
  assert.deepEqual(heard, [2]);
});
