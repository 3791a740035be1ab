import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Config, type Envelope, epochMs, type Keyset, type Snapshot } from "@sluice/core";
import { query } from "@sluice/dns";
import {
  generateKeyPair,
  listen,
  makeHttpServer,
  makeLogger,
  readKeyring,
  type Signer,
  signerFromPem,
} from "@sluice/runtime";
import { type Nameserver, startNameserver } from "./index.ts";

const logger = makeLogger({ service: "test", name: "test", level: "silent" });
const tokens = { operator: "operator-token-of-the-test", node: "node-token-of-the-test" };

function snapshotOf(sequence: number, addresses: readonly string[]): Snapshot {
  const choices = [{ site: addresses[0] === "127.0.1.1" ? "site-a" : "site-b", share: 1, addresses }];
  return {
    fence: { installation: "lab", epoch: 1, sequence },
    causes: [{ kind: "evacuate", site: "site-a" }],
    configRevision: 0,
    issuedAt: epochMs(0),
    zone: {
      name: "llm.example",
      ttlSeconds: 60,
      negativeTtlSeconds: 15,
      contact: "hostmaster.example.org",
      serial: sequence,
      nameservers: [{ name: "ns-a.llm.example", addresses: ["127.0.0.1"] }],
      records: [],
    },
    services: [{ service: "chat", host: "chat.llm.example", ttlSeconds: 5, choices }],
  };
}

/** A world of one arbiter's key, a directory, and an arbiter of a few lines that hands out whatever is put on its desk. */
async function makeWorld() {
  const directory = await mkdtemp(join(tmpdir(), "sluice-nameserver-"));
  const [root, arbiter] = [generateKeyPair(), generateKeyPair()];
  const keyset: Keyset = {
    installation: "lab",
    version: 1,
    keys: [{ id: "arbiter-w", role: "arbiter", name: "arbiter-w", site: "site-w", publicKey: arbiter.publicKey }],
  };
  await writeFile(join(directory, "root.pub"), root.publicPem);
  await writeFile(
    join(directory, "keyset.json"),
    JSON.stringify(signerFromPem(root.privatePem, "root").sign("keyset", keyset)),
  );
  const signer: Signer = signerFromPem(arbiter.privatePem, "arbiter-w");
  let desk: Envelope | undefined;
  const asked: string[] = [];
  const app = makeHttpServer({ logger, tokens });
  app.get("/v1/snapshot", { config: { access: "node" } }, (request, reply) => {
    asked.push(request.url);
    return desk ?? reply.code(204).send();
  });
  await listen(app, "http://127.0.0.1:0");
  const { port } = app.server.address() as AddressInfo;
  const config = {
    arbiters: [{ name: "arbiter-w", site: "site-w", url: `http://127.0.0.1:${port}` }],
    nameservers: [
      { name: "ns-a.llm.example", site: "site-a", address: "127.0.0.1", port: 0, url: "http://127.0.0.1:0" },
    ],
  } as unknown as Config;
  const keyring = await readKeyring(directory);
  return {
    put: (snapshot: Snapshot, kind: "snapshot" | "report" = "snapshot") => {
      desk = signer.sign(kind, snapshot);
    },
    asked,
    start: () => startNameserver({ name: "ns-a.llm.example", config, stateDir: directory, logger, keyring, tokens }),
    stopArbiter: () => app.close(),
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function addressAt(nameserver: Nameserver): Promise<string> {
  const server = { address: "127.0.0.1", port: nameserver.port };
  const answered = await query({ server, name: "chat.llm.example", type: "A", timeoutMs: 2_000 });
  return answered.rcode === 0 ? answered.answers.map((record) => record.data).join() : `rcode ${answered.rcode}`;
}

async function until(what: string, isTrue: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + 5_000;
  while (!(await isTrue())) {
    if (performance.now() > end) assert.fail(`not within 5 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("answers SERVFAIL before its first snapshot, and then by each newer one", async () => {
  await using world = await makeWorld();
  await using nameserver = await world.start();
  assert.equal(await addressAt(nameserver), "rcode 2");
  world.put(snapshotOf(1, ["127.0.1.1"]));
  await until("the first snapshot is served", async () => (await addressAt(nameserver)) === "127.0.1.1");
  world.put(snapshotOf(2, ["127.0.2.1"]));
  await until("the second is served", async () => (await addressAt(nameserver)) === "127.0.2.1");
});

test("keeps what it serves when offered an older fence, an empty answer or another kind of document", async () => {
  await using world = await makeWorld();
  world.put(snapshotOf(5, ["127.0.1.1"]));
  await using nameserver = await world.start();
  assert.equal(await addressAt(nameserver), "127.0.1.1");
  const refusals = [
    () => world.put(snapshotOf(4, ["127.0.2.1"])),
    () => world.put(snapshotOf(6, [])),
    () => world.put(snapshotOf(7, ["127.0.2.1"]), "report"),
  ];
  for (const offer of refusals) {
    offer();
    const seen = world.asked.length;
    await until("it was offered twice", () => world.asked.length >= seen + 2);
    assert.equal(await addressAt(nameserver), "127.0.1.1");
  }
});

test("goes on answering through its own restart with every arbiter dead", async () => {
  await using world = await makeWorld();
  world.put(snapshotOf(5, ["127.0.2.1"]));
  const before = await world.start();
  assert.equal(await addressAt(before), "127.0.2.1");
  await before.close();
  await world.stopArbiter();
  await using after = await world.start();
  assert.equal(await addressAt(after), "127.0.2.1");
});
