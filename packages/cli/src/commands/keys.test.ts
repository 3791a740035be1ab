import assert from "node:assert/strict";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { json, nobody, startFake } from "../test-arbiter.ts";
import { makeTemporaryDirectory, sluice, writeInto } from "../test-sluice.ts";

const directory = await makeTemporaryDirectory();
after(() => rm(directory, { recursive: true }));
const at = (...path: readonly string[]): string => join(directory, ...path);
const config = join(import.meta.dirname, "../../../contract/examples/lab.yaml");
const tokenFile = await writeInto(directory, "operator.token", "operator-of-the-test\n");
const root = ["--root", at("made", "root")];

test("init says what goes where and how to start it, once", async () => {
  const made = await sluice("init", at("made"), "--config", config);
  assert.deepEqual([made.code, made.stderr], [0, ""]);
  assert.match(made.stdout, /^keyset 1 of lab names 3 arbiters and 3 agents\n/);
  assert.match(made.stdout, /root: the root key. Keep it offline/);
  assert.match(
    made.stdout,
    /node services\/nameserver\/src\/main\.ts --name ns-a\.llm\.example --config \S+\/site-a\/sluice\.yaml /,
  );
  const again = await sluice("init", at("made"), "--config", config);
  assert.deepEqual([again.code, again.stdout], [4, ""]);
  assert.match(again.stderr, /^KEYS_EXIST: /);
});

test("a site with the name of init's own directories is refused before anything is made: the root key would be handed out", async () => {
  const text = await readFile(config, "utf8");
  for (const name of ["root", "operator"]) {
    const file = await writeInto(directory, `${name}.yaml`, text.replaceAll("site-b", name));
    const made = await sluice("init", at("clash"), "--config", file);
    assert.deepEqual([made.code, made.stdout], [2, ""]);
    assert.match(made.stderr, /^USAGE: a site can't be called /);
  }
  await assert.rejects(readdir(at("clash")), /ENOENT/);
});

test("a passphrase that is too short for one is refused before anything is made", async () => {
  const file = await writeInto(directory, "short", "short\n");
  const made = await sluice("init", at("other"), "--config", config, "--passphrase-file", file);
  assert.equal(made.code, 2);
  assert.match(made.stderr, /^USAGE: the first line of \S+ is shorter than 12 characters/);
});

test("a request with another fingerprint is refused, and revoking what isn't there says so", async () => {
  const keys = at("made", "site-a", "agent-a");
  const asked = await sluice("keys", "rotate", "agent-a", "--keys", keys, "--json");
  const { request, fingerprint } = JSON.parse(asked.stdout) as { request: string; fingerprint: string };
  const wrong = await sluice("keys", "approve", request, ...root, "--fingerprint", "0000-0000");
  assert.deepEqual([wrong.code, wrong.stderr.startsWith("REQUEST_REFUSED: the fingerprint of ")], [4, true]);
  const spoken = fingerprint.toUpperCase().replaceAll("-", " ");
  const approved = await sluice("keys", "approve", request, ...root, "--fingerprint", spoken);
  assert.match(approved.stdout, /^keyset 2 names agent-a\.2\n/);
  const nothing = await sluice("keys", "revoke", "agent-w", "--old", ...root);
  assert.deepEqual([nothing.code, nothing.stderr.startsWith("NOTHING_TO_DO: ")], [4, true]);
  const unknown = await sluice("keys", "revoke", "agent-x", ...root);
  assert.deepEqual([unknown.code, unknown.stderr.startsWith("NOT_FOUND: ")], [2, true]);
});

test("list shows each key with its state, from the root's directory", async () => {
  assert.equal((await sluice("keys", "revoke", "agent-a", "--old", ...root)).code, 0);
  const { stdout } = await sluice("keys", "list", ...root);
  assert.match(stdout, /^keyset 3 of lab\nKEY +NAME +ROLE +SITE +STATE +FINGERPRINT\n/);
  assert.match(stdout, /^agent-a\.2 +agent-a +agent +site-a +good +([0-9a-f]{4}-){7}[0-9a-f]{4}$/m);
  assert.match(stdout, /^agent-a +agent-a +agent +site-a +revoked +/m);
});

test("publish hands the keyset to every arbiter, tells of each, and needs one of them", async (t) => {
  const keyset = at("made", "root", "keyset.json");
  const taking = await startFake(t, (_request, response) => json(response, { version: 3, isNew: true, isKept: true }));
  const silent = await nobody();
  const to = (...urls: readonly string[]) => ["--arbiters", urls.join(","), "--token-file", tokenFile];
  const done = await sluice("keys", "publish", keyset, ...to(taking.url, silent));
  assert.equal(done.code, 0, done.stderr);
  assert.deepEqual(taking.asked, ["PUT /v1/keyset"]);
  assert.match(done.stdout, new RegExp(`^${taking.url}: keyset 3 is in force$`, "m"));
  assert.match(done.stdout, new RegExp(`^${silent}: .*; it takes it from the others when it is back$`, "m"));
  assert.equal((await sluice("keys", "publish", keyset, ...to(silent))).code, 5);
  const refusing = await startFake(t, (_request, response) =>
    json(response, { code: "KEYSET_REFUSED", detail: "it has another keyset of that version" }, 409),
  );
  const half = await sluice("keys", "publish", keyset, ...to(taking.url, refusing.url));
  assert.equal(half.code, 1, half.stderr);
  assert.match(half.stdout, new RegExp(`^${taking.url}: keyset 3 is in force$`, "m"));
  assert.match(half.stdout, new RegExp(`^${refusing.url}: REFUSED: it has another keyset`, "m"));
  for (const wrong of [config, at("made", "root")]) {
    const bad = await sluice("keys", "publish", wrong, ...to(taking.url));
    assert.deepEqual([bad.code, bad.stderr.startsWith("KEY_UNREADABLE: ")], [1, true]);
  }
});

test("an arbiter whose keyset is no JSON is passed over", async (t) => {
  const envelope = { keyId: "root", payload: "no JSON", signature: "A".repeat(86) };
  const strange = await startFake(t, (_request, response) => json(response, envelope));
  const listed = await sluice("keys", "list", "--arbiters", strange.url, "--token-file", tokenFile);
  assert.deepEqual(
    [listed.code, listed.stderr.startsWith("UNREACHABLE: no arbiter answered with a keyset")],
    [5, true],
  );
});
