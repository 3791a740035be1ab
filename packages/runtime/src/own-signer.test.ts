import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pino } from "pino";
import { readKeyring } from "./keyring.ts";
import { readOwnSigner } from "./own-signer.ts";
import { makeKeysDir, pairOf } from "./test-keys.ts";

/** An arbiter with its first key, and a second one beside it that no keyset names yet. */
async function setUp(t: TestContext) {
  const [first, second] = [pairOf("arbiter-w"), pairOf("arbiter-w.2", "arbiter-w")];
  const { directory, seal } = await makeKeysDir(t, first.entry);
  const fileOf = (name: string): string => join(directory, name);
  await writeFile(fileOf("arbiter-w.key"), first.privatePem);
  await writeFile(fileOf("arbiter-w.next.key"), second.privatePem);
  const keyring = await readKeyring(directory);
  const open = (settleMs: number) => readOwnSigner({ keysDir: directory, name: "arbiter-w", keyring, settleMs });
  return { first, second, seal, directory, fileOf, keyring, open };
}

/** Lets the reading of the next key, which a newer keyset sets off, come to its end. */
async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await isTrue())) {
    if (performance.now() > end) assert.fail("not within 10 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("a second key waits until a keyset names it, then takes the first one's place, in the file too", async (t) => {
  const { first, second, seal, fileOf, keyring, open } = await setUp(t);
  const signer = await open(0);
  assert.equal(signer.keyId, "arbiter-w");
  await keyring.offer(seal({ version: 2, keys: [first.entry, second.entry] }));
  await until(() => signer.keyId === "arbiter-w.2");
  const envelope = signer.sign("snapshot", { a: 1 });
  assert.equal(keyring.open("snapshot", envelope, "arbiter").kind, "ok");
  await until(async () => (await readFile(fileOf("arbiter-w.key"), "utf8")) === second.privatePem);
  assert.equal((await open(0)).keyId, "arbiter-w.2");
});

test("others have their time to hear of a key before it is used, unless the first one is worth nothing any more", async (t) => {
  const { first, second, seal, keyring, open } = await setUp(t);
  const signer = await open(600_000);
  await keyring.offer(seal({ version: 2, keys: [first.entry, second.entry] }));
  for (let round = 0; round < 20; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(signer.sign("report", {}).keyId, "arbiter-w");
  }
  await keyring.offer(seal({ version: 3, keys: [second.entry], revoked: [first.entry] }));
  await until(() => signer.sign("report", {}).keyId === "arbiter-w.2");
});

test("a key that was revoked is named as such, so that whoever refuses it says why", async (t) => {
  const { first, second, seal, keyring, open } = await setUp(t);
  const revoked = { ...first.entry, id: "arbiter-w.7" };
  await keyring.offer(seal({ version: 2, keys: [], revoked: [second.entry, revoked] }));
  assert.equal((await open(0)).keyId, "arbiter-w.7");
});

test("a next key that can't be read is told of as an error, and one that isn't there is not", async (t) => {
  const { directory, fileOf, keyring } = await setUp(t);
  const lines: string[] = [];
  const logger = pino({ base: null }, { write: (line) => lines.push(line) });
  const own = { keysDir: directory, name: "arbiter-w", keyring, logger };
  await writeFile(fileOf("arbiter-w.next.key"), "torn");
  assert.equal((await readOwnSigner(own)).keyId, "arbiter-w");
  await rm(fileOf("arbiter-w.next.key"));
  await readOwnSigner(own);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /"level":50,.*arbiter-w\.next\.key/);
});
