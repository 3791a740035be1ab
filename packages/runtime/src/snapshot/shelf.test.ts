import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Envelope, formatFence, type Keyset, type Snapshot } from "@sluice/core";
import { snapshotOf } from "../../../../test/dns/world.ts";
import { readKeyring } from "../keyring.ts";
import { generateKeyPair, signerFromPem } from "../keys.ts";
import { makeLogger } from "../logger.ts";
import { makeShelf } from "./shelf.ts";

const logger = makeLogger({ service: "test", name: "test", level: "silent" });
const addresses = ["127.0.1.1"];

/** A shelf whose every step is noted, and a directory that it keeps its file in. */
async function setUp(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), "sluice-shelf-"));
  t.after(() => rm(directory, { recursive: true }));
  const [root, arbiter] = [generateKeyPair(), generateKeyPair()];
  const keyset: Keyset = {
    installation: "lab",
    version: 1,
    keys: [{ id: "arbiter-w", role: "arbiter", name: "arbiter-w", site: "site-w", publicKey: arbiter.publicKey }],
  };
  await writeFile(join(directory, "root.pub"), root.publicPem);
  const envelope = signerFromPem(root.privatePem, "root").sign("keyset", keyset);
  await writeFile(join(directory, "keyset.json"), JSON.stringify(envelope));
  const keyring = await readKeyring(directory);
  const signer = signerFromPem(arbiter.privatePem, "arbiter-w");
  const steps: string[] = [];
  const make = (file: string) =>
    makeShelf({
      file: join(directory, file),
      keyring,
      logger,
      compile(snapshot) {
        steps.push(`compile ${snapshot.fence.sequence}`);
        if (snapshot.zone.contact === "nobody") throw new Error("it has no contact");
        return formatFence(snapshot.fence);
      },
      onAccept: ({ compiled }) => steps.push(`serve ${compiled}`),
    });
  const sign = (snapshot: Snapshot) => signer.sign("snapshot", snapshot);
  const other = generateKeyPair();
  /** The arbiter's key is revoked, and another arbiter's is good. */
  async function revoke(): Promise<(snapshot: Snapshot) => Envelope> {
    const { keys: revoked } = keyset;
    const keys = revoked.map((entry) => ({ ...entry, id: "arbiter-a", name: "arbiter-a", publicKey: other.publicKey }));
    const next = signerFromPem(root.privatePem, "root").sign("keyset", { ...keyset, version: 2, keys, revoked });
    assert.equal(await keyring.offer(next), "taken");
    return (snapshot) => signerFromPem(other.privatePem, "arbiter-a").sign("snapshot", snapshot);
  }
  const read = (file: string): Promise<string> => readFile(join(directory, file), "utf8");
  return { directory, steps, make, sign, revoke, read };
}

test("a snapshot is verified, accepted, compiled, written, and only then served", async (t) => {
  const { steps, make, sign, read } = await setUp(t);
  const shelf = make("snapshot.json");
  assert.equal(await shelf.load(), "nothing-left");
  assert.equal(await shelf.offer({ ...sign(snapshotOf(5, addresses)), keyId: "root" }), "unsigned");
  assert.equal(await shelf.offer({ fence: "lab:1.5" }), "malformed");
  assert.equal(await shelf.offer(sign(snapshotOf(5, []))), "empty-answer");
  assert.deepEqual(steps, [], "what isn't accepted is not compiled");
  assert.equal(await shelf.offer(sign(snapshotOf(5, addresses))), "accept");
  assert.deepEqual(steps, ["compile 5", "serve lab:1.5"]);
  assert.equal(shelf.current()?.compiled, "lab:1.5");
  assert.match(await read("snapshot.json"), /127\.0\.1\.1/);
});

test("what can't be compiled is neither written nor served, and the last good one stays", async (t) => {
  const { steps, make, sign, read } = await setUp(t);
  const shelf = make("snapshot.json");
  await shelf.offer(sign(snapshotOf(5, addresses)));
  const before = await read("snapshot.json");
  const bad = snapshotOf(6, addresses);
  const offered = sign({ ...bad, configRevision: 1, zone: { ...bad.zone, contact: "nobody" } });
  assert.equal(await shelf.offer(offered), "unservable");
  assert.equal(await read("snapshot.json"), before);
  assert.deepEqual(steps, ["compile 5", "serve lab:1.5", "compile 6"]);
  assert.equal(shelf.current()?.compiled, "lab:1.5");
});

test("what can't be written is not served, and why is told until it can", async (t) => {
  const { directory, make, sign } = await setUp(t);
  // A file where the directory should be: no write below it can succeed, for root either.
  await writeFile(join(directory, "state"), "");
  const shelf = make("state/snapshot.json");
  assert.equal(await shelf.offer(sign(snapshotOf(5, addresses))), "not-kept");
  assert.equal(shelf.current(), undefined);
  assert.match(shelf.whyNotKept() ?? "", /EEXIST|ENOTDIR/);
  await rm(join(directory, "state"));
  assert.equal(await shelf.offer(sign(snapshotOf(5, addresses))), "accept");
  assert.equal(shelf.whyNotKept(), undefined);
});

test("what was left on disk is served again, and two offers at once leave the newer one there", async (t) => {
  const { steps, make, sign, read } = await setUp(t);
  const shelf = make("snapshot.json");
  const [newer, older] = await Promise.all([
    shelf.offer(sign(snapshotOf(6, addresses))),
    shelf.offer(sign(snapshotOf(5, addresses))),
  ]);
  assert.deepEqual([newer, older], ["accept", "older-fence"]);
  assert.match(await read("snapshot.json"), /\\"sequence\\":6/);
  steps.length = 0;
  const next = make("snapshot.json");
  assert.equal(await next.load(), "loaded");
  assert.deepEqual(steps, ["compile 6", "serve lab:1.6"]);
  assert.equal(await next.offer(sign(snapshotOf(6, addresses))), "repeat");
  assert.deepEqual(steps.length, 2, "a repeat is not compiled again");
});

test("what a key signed that is revoked now stays served, through a restart too, and nothing more of it is taken", async (t) => {
  const { make, sign, revoke } = await setUp(t);
  const shelf = make("snapshot.json");
  await shelf.offer(sign(snapshotOf(5, addresses)));
  await revoke();
  assert.equal(await shelf.offer(sign(snapshotOf(6, addresses))), "unsigned");
  const again = make("snapshot.json");
  assert.equal(await again.load(), "loaded");
  assert.equal(again.current()?.compiled, "lab:1.5");
});

test("what comes next isn't measured by a revoked key's snapshot, but must be newer, and floors hold", async (t) => {
  const { make, sign, revoke } = await setUp(t);
  const shelf = make("snapshot.json");
  // A thief has every service answer elsewhere, and another zone besides.
  const wild = snapshotOf(5, ["203.0.113.66"], { configRevision: 7 });
  await shelf.offer(sign({ ...wild, zone: { ...wild.zone, ttlSeconds: 1 } }));
  const good = (sequence: number, to = addresses) => snapshotOf(sequence, to, { configRevision: 7, causes: [] });
  const before = make("other.json");
  await before.offer(sign({ ...wild, zone: { ...wild.zone, ttlSeconds: 1 } }));
  assert.equal(await before.offer(sign(good(6))), "change-budget", "as long as its key was good");
  const signAnew = await revoke();
  assert.equal(await shelf.offer(signAnew(good(4))), "older-fence");
  assert.equal(await shelf.offer(signAnew(good(6, []))), "empty-answer");
  assert.equal(await shelf.offer(signAnew(good(6))), "accept");
});
