import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect, createServer, type PeerCertificate } from "node:tls";
import { readConfigFile } from "@sluice/contract";
import type { Config } from "@sluice/core";
import { layoutOf } from "./layout.ts";
import { exampleConfig, prepareDirectories, prepareKeys } from "./prepare.ts";

const config = await readConfigFile(exampleConfig);
const names = ["gateway-a", "gateway-b"];

async function setUp(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), "sluice-certificates-"));
  t.after(() => rm(directory, { recursive: true }));
  const layout = layoutOf(directory);
  await prepareDirectories(layout);
  const read = (name: string): Promise<string> => readFile(join(layout.keys, name), "utf8");
  const all = async (): Promise<Record<string, string>> => {
    const files = (await readdir(layout.keys)).sort();
    return Object.fromEntries(await Promise.all(files.map(async (name) => [name, await read(name)] as const)));
  };
  return { layout, read, all, prepare: (of: Config = config) => prepareKeys(layout, of) };
}

test("each gateway gets a certificate of the installation's own authority, for its name, every host and its address", async (t) => {
  const { layout, read, prepare } = await setUp(t);
  await prepare();
  const authority = new X509Certificate(await read("mesh-ca.crt"));
  assert.equal(authority.ca, true);
  for (const [index, name] of names.entries()) {
    const certificate = new X509Certificate(await read(`${name}.crt`));
    assert.equal(certificate.verify(authority.publicKey), true);
    assert.equal(certificate.subject, `CN=${name}`);
    assert.equal(
      certificate.subjectAltName,
      `DNS:${name}, DNS:chat.llm.example, DNS:embed.llm.example, IP Address:127.0.${index + 1}.1`,
    );
    assert.equal((await stat(join(layout.keys, `${name}.tls.key`))).mode & 0o777, 0o600);
  }
});

test("two gateways know each other by them, both ways, and nobody without one comes in", async (t) => {
  const { read, prepare } = await setUp(t);
  await prepare();
  const ca = await read("mesh-ca.crt");
  const [own, peer] = await Promise.all(
    names.map(async (name) => ({ ca, cert: await read(`${name}.crt`), key: await read(`${name}.tls.key`) })),
  );
  const server = createServer({ ...own, requestCert: true, rejectUnauthorized: true });
  const met: PeerCertificate[] = [];
  server.on("secureConnection", (socket) => {
    met.push(socket.getPeerCertificate());
    socket.end("well");
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const client = connect({ ...peer, host: "127.0.0.1", port, servername: "gateway-a" });
  await once(client, "data");
  client.destroy();
  assert.deepEqual([met.length, met[0]?.subject.CN], [1, "gateway-b"]);
  const stranger = connect({ ca, host: "127.0.0.1", port, servername: "gateway-a" });
  await assert.rejects(once(stranger, "data"), /certificate required|ECONNRESET/);
  assert.equal(met.length, 1);
});

test("what is there is kept to the byte, and what is missing is made", async (t) => {
  const { layout, all, prepare } = await setUp(t);
  // As an earlier version left it: no gateway, so no certificate.
  await prepare({ ...config, gateways: [] });
  const earlier = await all();
  assert.ok(!("mesh-ca.crt" in earlier));
  await prepare();
  const first = await all();
  for (const [name, text] of Object.entries(earlier)) assert.equal(first[name], text, name);
  await prepare();
  assert.deepEqual(await all(), first);
  await rm(join(layout.keys, "gateway-b.tls.key"));
  await prepare();
  const mended = await all();
  const changed = Object.keys(mended).filter((name) => mended[name] !== first[name]);
  assert.deepEqual(changed, ["gateway-b.crt", "gateway-b.tls.key"]);
});

test("a start that was cut off while it made the first keys is made good by the next one", async (t) => {
  const { layout, all, prepare } = await setUp(t);
  await writeFile(join(layout.keys, "root.key"), "torn");
  await prepare();
  const made = await all();
  assert.ok("keyset.json" in made);
  assert.notEqual(made["root.key"], "torn");
});

test("a new host, or a new authority, makes the certificates anew", async (t) => {
  const { layout, all, prepare } = await setUp(t);
  await prepare();
  const first = await all();
  const [service] = config.services;
  assert.ok(service);
  const more = { ...config, services: [...config.services, { ...service, name: "rank", host: "rank.llm.example" }] };
  await prepare(more);
  const second = await all();
  assert.match(new X509Certificate(second["gateway-a.crt"] ?? "").subjectAltName ?? "", /rank\.llm\.example/);
  assert.equal(second["mesh-ca.crt"], first["mesh-ca.crt"]);
  await rm(join(layout.keys, "mesh-ca.key"));
  await prepare(more);
  const third = await all();
  const authority = new X509Certificate(third["mesh-ca.crt"] ?? "");
  assert.notEqual(third["mesh-ca.crt"], first["mesh-ca.crt"]);
  for (const name of names) assert.ok(new X509Certificate(third[`${name}.crt`] ?? "").verify(authority.publicKey));
});
