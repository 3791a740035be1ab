import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { type Config, type Envelope, type EnvelopeKind, epochMs, type Keyset, type Snapshot } from "@sluice/core";
import { query } from "@sluice/dns";
import { type Nameserver, startNameserver } from "@sluice/nameserver";
import {
  generateKeyPair,
  type Logger,
  listen,
  makeLogger,
  readKeyring,
  request,
  type Signer,
  signerFromPem,
} from "@sluice/runtime";
import { makeHttpServer } from "@sluice/runtime/server";

const silent = makeLogger({ service: "test", name: "test", level: "silent" });
const tokens = { operator: "operator-token-of-the-test", node: "node-token-of-the-test" };
export const host = "chat.llm.example";

export function snapshotOf(sequence: number, addresses: readonly string[], more: Partial<Snapshot> = {}): Snapshot {
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
    services: [{ service: "chat", host, ttlSeconds: 5, choices }],
    ...more,
  };
}

/** An arbiter of a few lines that hands out whatever is put on its desk, and notes who asked for what. */
export async function openDesk() {
  let snapshot: Envelope | undefined;
  let config: Envelope | undefined;
  const asked: string[] = [];
  const app = makeHttpServer({ logger: silent, tokens });
  app.get("/v1/snapshot", { config: { access: "node" } }, (asking, reply) => {
    asked.push(asking.url);
    return snapshot ?? reply.code(204).send();
  });
  app.get("/v1/config", { config: { access: "node" } }, (_asking, reply) => config ?? reply.code(204).send());
  await listen(app, "http://127.0.0.1:0");
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    putSnapshot: (envelope: Envelope) => (snapshot = envelope),
    putConfig: (envelope: Envelope) => (config = envelope),
    close: () => app.close(),
    [Symbol.asyncDispose]: () => app.close(),
  };
}

/** A world of one arbiter's key, a directory for keys and states, and one desk. */
export async function makeWorld() {
  const directory = await mkdtemp(join(tmpdir(), "sluice-nameserver-"));
  const [root, arbiter] = [generateKeyPair(), generateKeyPair()];
  const keyset: Keyset = {
    installation: "lab",
    version: 1,
    keys: [{ id: "arbiter-w", role: "arbiter", name: "arbiter-w", site: "site-w", publicKey: arbiter.publicKey }],
  };
  await writeFile(join(directory, "root.pub"), root.publicPem);
  const envelope = signerFromPem(root.privatePem, "root").sign("keyset", keyset);
  await writeFile(join(directory, "keyset.json"), JSON.stringify(envelope));
  const signer: Signer = signerFromPem(arbiter.privatePem, "arbiter-w");
  const desk = await openDesk();
  const own = { name: "ns-a.llm.example", site: "site-a", address: "127.0.0.1", port: 0, url: "http://127.0.0.1:0" };
  const config = {
    arbiters: [{ name: "arbiter-w", site: "site-w", url: desk.url }],
    nameservers: [own],
  } as unknown as Config;
  const keyring = await readKeyring(directory);
  const start = (options: { state?: string; logger?: Logger; config?: Config } = {}): Promise<Nameserver> => {
    const { state = "state", logger = silent } = options;
    const stateDir = join(directory, state);
    return startNameserver({ name: own.name, config: options.config ?? config, stateDir, logger, keyring, tokens });
  };
  return {
    directory,
    signer,
    desk,
    config,
    asked: desk.asked,
    put: (snapshot: Snapshot, kind: EnvelopeKind = "snapshot") => desk.putSnapshot(signer.sign(kind, snapshot)),
    start,
    stopArbiter: () => desk.close(),
    stateDir: (state = "state") => join(directory, state),
    async writeState(text: string | Buffer, state = "state"): Promise<void> {
      await mkdir(join(directory, state), { recursive: true });
      await writeFile(join(directory, state, "snapshot.json"), text);
    },
    readState: (state = "state") => readFile(join(directory, state, "snapshot.json")),
    [Symbol.asyncDispose]: async () => {
      await desk.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** A logger whose lines are kept. */
export function keepingLogger(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const logger = makeLogger({ service: "test", name: "test" });
  const stream = new Writable({ write: (chunk: Buffer, _encoding, done) => (lines.push(chunk.toString()), done()) });
  const symbols = Object.getOwnPropertySymbols(logger);
  const streamSymbol = symbols.find((symbol) => symbol.description === "pino.stream");
  if (streamSymbol) Object.assign(logger, { [streamSymbol]: stream });
  return { logger, lines };
}

/** What `GET` answers at a nameserver's own HTTP door. */
export const getAt = async (nameserver: Nameserver, path: string): Promise<{ status: number; body: unknown }> =>
  request({ url: `http://127.0.0.1:${nameserver.httpPort}${path}`, token: tokens.node, timeoutMs: 5_000 });

export async function addressAt(nameserver: Nameserver): Promise<string> {
  const server = { address: "127.0.0.1", port: nameserver.port };
  const answered = await query({ server, name: host, type: "A", timeoutMs: 5_000 });
  return answered.rcode === 0 ? answered.answers.map((record) => record.data).join() : `rcode ${answered.rcode}`;
}

export async function until(what: string, isTrue: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + 15_000;
  while (!(await isTrue())) {
    if (performance.now() > end) assert.fail(`not within 15 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
