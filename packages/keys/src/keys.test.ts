import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readConfigFile } from "@sluice/contract";
import { type Config, type Envelope, type SluiceError, withKeys, withoutKeys } from "@sluice/core";
import { readKeyring } from "@sluice/runtime";
import { approve } from "./approve.ts";
import { handOut } from "./hand-out.ts";
import { install } from "./install.ts";
import { type Member, needs } from "./member.ts";
import { askToJoin, askToRotate, readRequest } from "./request.ts";
import { readSafe, replaceRoot } from "./safe.ts";

const config = await readConfigFile(join(import.meta.dirname, "../../contract/examples/lab.yaml"));
const isB = ({ site }: { readonly site: string }): boolean => site === "site-b";
/** Before site-b came: its processes are not there yet. */
const before: Config = {
  ...config,
  agents: config.agents.filter((each) => !isB(each)),
  arbiters: config.arbiters.filter((each) => !isB(each)),
  gateways: config.gateways.filter((each) => !isB(each)),
  nameservers: config.nameservers.filter((each) => !isB(each)),
};

async function setUp(t: TestContext, of = before, passphrase?: string) {
  const directory = await mkdtemp(join(tmpdir(), "sluice-install-"));
  t.after(() => rm(directory, { recursive: true }));
  const at = (...path: readonly string[]): string => join(directory, ...path);
  const directoryOf = ({ site, name }: Member): string => at(site, name);
  const given = passphrase === undefined ? {} : { passphrase };
  const safe = await install(of, { safe: at("root"), directoryOf, ...given });
  const join_ = () => askToJoin(config, "site-b", { directory: at("new"), directoryOf: ({ name }) => at("new", name) });
  const out = { config, directoryOf: ({ name }: Member) => at("out", name) };
  return { at, safe, out, askToJoin: join_ };
}

const codeOf = (code: string, message: RegExp) => (error: SluiceError) => {
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

test("each process gets exactly what it needs, readable by its owner alone", async (t) => {
  const { at } = await setUp(t);
  const own = { agent: ["agent-a.key"], arbiter: ["arbiter-a.key"], gateway: ["gateway-a.crt", "gateway-a.tls.key"] };
  const wanted: Record<string, readonly string[]> = {
    "agent-a": [...needs.agent, ...own.agent],
    "arbiter-a": [...needs.arbiter, ...own.arbiter],
    "gateway-a": [...needs.gateway, ...own.gateway],
    "ns-a.llm.example": needs.nameserver,
  };
  assert.deepEqual((await readdir(at("site-a"))).sort(), Object.keys(wanted).sort());
  for (const [name, files] of Object.entries(wanted)) {
    assert.deepEqual((await readdir(at("site-a", name))).sort(), files.toSorted(), name);
    for (const file of files) assert.equal((await stat(at("site-a", name, file))).mode & 0o077, 0, file);
  }
});

test("what is handed out has its owner's rights alone, whatever the safe's files have, and a safe without one is told of", async (t) => {
  const { at, safe } = await setUp(t);
  await chmod(at("root", "node.token"), 0o644);
  const agent = { name: "agent-z", role: "agent", site: "site-a" } as const;
  await handOut(safe, [agent], () => at("z"));
  assert.equal((await stat(at("z", "node.token"))).mode & 0o077, 0);
  await rm(at("root", "node.token"));
  await assert.rejects(
    handOut(safe, [agent], () => at("z")),
    codeOf("KEY_UNREADABLE", /node\.token/),
  );
});

test("nothing is written over an installation that is there", async (t) => {
  const { at } = await setUp(t);
  const pub = await readFile(at("root", "root.pub"), "utf8");
  await assert.rejects(
    install(before, { safe: at("root"), directoryOf: () => at("x") }),
    codeOf("KEYS_EXIST", /root\.key/),
  );
  assert.equal(await readFile(at("root", "root.pub"), "utf8"), pub);
});

test("a root key under a passphrase signs with that passphrase and with no other, and lies on no disk in the clear", async (t) => {
  const { at, safe } = await setUp(t, before, "correct horse battery");
  assert.match(await readFile(at("root", "root.key"), "utf8"), /BEGIN ENCRYPTED PRIVATE KEY/);
  const next = withoutKeys(safe.keyset, ({ name }) => name === "agent-a");
  for (const wrong of [undefined, "incorrect horse"])
    await assert.rejects((await readSafe(at("root"), wrong)).seal(next), codeOf("KEY_UNREADABLE", /root\.key/));
  await (await readSafe(at("root"), "correct horse battery")).seal(next);
  assert.equal((await readSafe(at("root"))).keyset.version, 2);
});

test("a site's request is proven and approved; its keys never leave it, and its gateway has a certificate for the key it made", async (t) => {
  const { at, safe, out, ...site } = await setUp(t);
  const made = await site.askToJoin();
  const { request, fingerprint } = await readRequest(made.file);
  assert.equal(fingerprint, made.fingerprint);
  const { version, added } = await approve(safe, request, out);
  assert.deepEqual([version, added.map(({ id }) => id)], [2, ["arbiter-b", "agent-b"]]);
  const files = (await readdir(at("out"), { recursive: true })).filter((file) => file.endsWith(".key"));
  assert.deepEqual(files, []);
  const certificate = new X509Certificate(await readFile(at("out", "gateway-b", "gateway-b.crt")));
  assert.ok(certificate.verify(new X509Certificate(await readFile(at("out", "gateway-b", "mesh-ca.crt"))).publicKey));
  const { createPrivateKey } = await import("node:crypto");
  const tlsKey = await readFile(at("new", "gateway-b", "gateway-b.tls.key"));
  assert.ok(certificate.checkPrivateKey(createPrivateKey(tlsKey)));
  assert.match(certificate.subjectAltName ?? "", /DNS:gateway-b, DNS:chat\.llm\.example/);
  await assert.rejects(site.askToJoin(), codeOf("KEYS_EXIST", /site-b\.request\.json/));
});

test("a request that somebody changed on its way, or that asks for another's name, is refused, and nothing is signed", async (t) => {
  const { at, safe, out, ...site } = await setUp(t);
  const { file } = await site.askToJoin();
  const text = await readFile(file, "utf8");
  const { payload, proofs } = JSON.parse(text) as { payload: string; proofs: object[] };
  const bad = {
    "no request": "[]",
    "not JSON": "{",
    "another's key": JSON.stringify({ payload: payload.replace(/"publicKey":"./, '"publicKey":"A'), proofs }),
    "no proof": JSON.stringify({ payload, proofs: [] }),
    "strange proofs": JSON.stringify({ payload, proofs: [null, 7] }),
    null: "null",
    "too long": " ".repeat(300_000),
    "too long in bytes": `"${"ä".repeat(140_000)}"`,
  };
  for (const [why, wrong] of Object.entries(bad)) {
    await writeFile(file, wrong);
    await assert.rejects(readRequest(file), /request for keys|nothing proves|is longer/, why);
  }
  await writeFile(file, text);
  const { request } = await readRequest(file);
  const [key] = request.keys;
  assert.ok(key);
  const asks = {
    "is at site-a, not site-b": {
      ...request,
      keys: [{ ...key, name: "agent-a", role: "agent" as const, site: "site-a" }],
    },
    "not written as": { ...request, keys: [{ ...key, publicKey: `${key.publicKey}=` }] },
    "names arbiter-b twice": { ...request, keys: [...request.keys, key] },
    "names gateway-b twice": { ...request, certificates: [...request.certificates, ...request.certificates] },
    "nobody configured": { ...request, keys: [{ ...key, name: "agent-x" }] },
    "it is for other": { ...request, installation: "other" },
    "nobody configured a gateway": { ...request, certificates: [{ name: "gateway-a", request: "" }] },
    "does not verify": { ...request, certificates: [{ name: "gateway-b", request: "-----BEGIN" }] },
  };
  for (const [why, ask] of Object.entries(asks))
    await assert.rejects(approve(safe, ask, out), codeOf("REQUEST_REFUSED", new RegExp(why)), why);
  await assert.rejects(approve(safe, request, { directoryOf: out.directoryOf }), /give --config/);
  assert.equal((await readSafe(at("root"))).keyset.version, 1);
});

test("a rotation adds one key beside the first, and no third; the very same key doesn't come back", async (t) => {
  const { at, safe, out } = await setUp(t);
  const directory = at("site-a", "agent-a");
  const { file } = await askToRotate("agent-a", directory);
  await assert.rejects(askToRotate("agent-a", directory), codeOf("KEYS_EXIST", /agent-a\.next\.key/));
  await assert.rejects(askToRotate("agent-x", directory), codeOf("NOT_FOUND", /agent-x/));
  const { request } = await readRequest(file);
  const approved = await approve(safe, request, { directoryOf: out.directoryOf });
  assert.deepEqual(
    approved.added.map(({ id }) => id),
    ["agent-a.2"],
  );
  const again = await approve(safe, request, { directoryOf: out.directoryOf });
  assert.deepEqual([again.version, again.added], [2, []], "a second try signs nothing");
  await rm(join(directory, "agent-a.next.key"));
  const third = await readRequest((await askToRotate("agent-a", directory)).file);
  await assert.rejects(approve(safe, third.request, out), /keys revoke agent-a --old --root \S+\/root`/);
  await safe.seal(withoutKeys(safe.keyset, ({ id }) => id === "agent-a.2"));
  await assert.rejects(approve(safe, request, out), /that very key/);
  const { keyset } = safe;
  const padded = (keyset.revoked ?? []).map((entry) => ({ ...entry, publicKey: `${entry.publicKey}=` }));
  await safe.seal({ ...keyset, version: keyset.version + 1, revoked: padded });
  await assert.rejects(approve(safe, request, out), /that very key/, "as an earlier keyset may have written it");
});

test("an authority that lost its key is not replaced in silence, and one that was taken away is made anew", async (t) => {
  const { at, safe, out, ...site } = await setUp(t);
  const { request } = await readRequest((await site.askToJoin()).file);
  const certificate = await readFile(at("root", "mesh-ca.crt"), "utf8");
  await writeFile(at("root", "mesh-ca.key"), "torn");
  await assert.rejects(approve(safe, request, out), codeOf("KEY_UNREADABLE", /mesh-ca\.crt/));
  await rm(at("root", "mesh-ca.key"));
  await assert.rejects(approve(safe, request, out), codeOf("KEY_UNREADABLE", /mesh-ca\.crt/));
  assert.deepEqual([safe.keyset.version, await readFile(at("root", "mesh-ca.crt"), "utf8")], [1, certificate]);
  await rm(at("root", "mesh-ca.crt"));
  await approve(safe, request, out);
  assert.notEqual(await readFile(at("out", "gateway-b", "mesh-ca.crt"), "utf8"), certificate);
});

test("an approval that failed after the keyset was signed is repeated, and does the rest", async (t) => {
  const { at, safe, out, ...site } = await setUp(t);
  const { request } = await readRequest((await site.askToJoin()).file);
  await writeFile(at("out"), "");
  await assert.rejects(approve(safe, request, out));
  await rm(at("out"));
  const { version, added } = await approve(safe, request, out);
  assert.deepEqual([version, added], [2, []]);
  assert.ok((await readdir(at("out", "gateway-b"))).includes("gateway-b.crt"));
});

test("another root names the same keys; a process that has its files takes nothing that the old one signs, and understands those that haven't", async (t) => {
  const { at, safe } = await setUp(t);
  const state = at("state");
  const before = await readKeyring(at("site-a", "agent-a"), state);
  // The thief has named a key of his own, and it is on the disk.
  const thief = { role: "agent", name: "agent-a", site: "site-a", publicKey: "A".repeat(43) } as const;
  const named = withKeys(safe.keyset, [thief]);
  await safe.seal(named);
  const forged = JSON.parse(await readFile(at("root", "keyset.json"), "utf8")) as Envelope;
  assert.equal(await before.offer(forged), "taken");
  await safe.seal(withoutKeys(named, ({ publicKey }) => publicKey === thief.publicKey));

  const next = await replaceRoot(at("root"));
  assert.equal(next.keyset.version, 4);
  await assert.rejects(replaceRoot(at("root")), codeOf("KEYS_EXIST", /root\.key\.old/));
  for (const name of ["root.pub", "keyset.json"]) await cp(at("root", name), at("site-a", "agent-a", name));
  const after = await readKeyring(at("site-a", "agent-a"), state);
  assert.equal(after.keyset.version, 4, "what the state directory has from the old root counts for nothing");
  assert.deepEqual([await after.offer(forged), await before.offer(after.envelope)], ["not-ours", "not-ours"]);
  assert.deepEqual(after.keyset.keys, next.keyset.keys);
});

test("a gateway's next certificate is asked for alone, and names nobody in a keyset", async (t) => {
  const { at, safe, out } = await setUp(t);
  const only = (name: string) =>
    askToJoin(config, "site-a", {
      directory: at("next"),
      directoryOf: (member) => at("next", member.name),
      only: [name],
    });
  await assert.rejects(only("gateway-b"), codeOf("NOT_FOUND", /no gateway-b at site-a/));
  const { request } = await readRequest((await only("gateway-a")).file);
  const overOld = { config, directoryOf: ({ site, name }: Member) => at(site, name) };
  await assert.rejects(approve(safe, request, overOld), codeOf("KEYS_EXIST", /gateway-a\.tls\.key/));
  const { version, added } = await approve(safe, request, out);
  assert.deepEqual([version, added], [1, []]);
  const [now, before_] = await Promise.all(
    [at("out", "gateway-a"), at("site-a", "gateway-a")].map((directory) =>
      readFile(join(directory, "gateway-a.crt"), "utf8"),
    ),
  );
  assert.notEqual(now, before_);
});

test("a root key that was lost is replaced from the keyset that it signed", async (t) => {
  const { at } = await setUp(t);
  await rm(at("root", "root.key"));
  const next = await replaceRoot(at("root"));
  assert.equal((await readSafe(at("root"))).keyset.version, next.keyset.version);
});

test("a root that can't be replaced stays as it was", async (t) => {
  const { at, safe } = await setUp(t);
  const textOf = (name: string) => readFile(at("root", name), "utf8");
  const kept = [await textOf("root.key"), await textOf("root.pub"), await textOf("keyset.json")];
  const isAsItWas = async (without: readonly string[]): Promise<void> => {
    assert.deepEqual([await textOf("root.key"), await textOf("root.pub"), await textOf("keyset.json")], kept);
    const left = await readdir(at("root"));
    assert.deepEqual(
      without.filter((name) => left.includes(name)),
      [],
    );
  };
  await writeFile(at("root", "root.pub.old"), "");
  await assert.rejects(replaceRoot(at("root")), codeOf("KEYS_EXIST", /root\.pub\.old/));
  await isAsItWas(["root.key.old"]);
  await rm(at("root", "root.pub.old"));
  // Where the new half should be written first there is a directory: nothing can be, not even by root.
  const inTheWay = at("root", `root.pub.${process.pid}.tmp`);
  await mkdir(join(inTheWay, "full"), { recursive: true });
  await assert.rejects(replaceRoot(at("root")), /EISDIR/);
  await isAsItWas(["root.key.old", "root.pub.old"]);
  await rm(inTheWay, { recursive: true });
  assert.equal((await replaceRoot(at("root"))).keyset.version, safe.keyset.version + 1);
});
