import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { checkConfig, parseReport, parseTrafficAsk } from "@sluice/contract";
import type {
  ArbiterConfig,
  Config,
  Envelope,
  GatewayConfig,
  PoolTraffic,
  Report,
  TrafficAsk,
  Vote,
} from "@sluice/core";
import {
  generateKeyPair,
  type Keyring,
  type Logger,
  listen,
  makeLogger,
  readKeyring,
  type Signer,
  signerFromPem,
} from "@sluice/runtime";
import { makeHttpServer } from "@sluice/runtime/server";

export const quiet: Logger = makeLogger({ service: "test", name: "test", level: "silent" });
export const tokens = { node: "node-token-of-the-test" };

const names = ["agent-w", "arbiter-w", "arbiter-a", "arbiter-b"] as const;
type Name = (typeof names)[number];
const siteOf = (name: string): string => `site-${name.at(-1)}`;

/** Keys for an agent and three arbiters, in a directory as an installation has it. No operator's token: an agent needs none. */
export async function makeKeys(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "sluice-agent-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const pairs = new Map(names.map((name) => [name, generateKeyPair()]));
  const keys = [...pairs].map(([name, { publicKey }]) => {
    const role = name.startsWith("agent") ? "agent" : "arbiter";
    return { id: name, role, name, site: siteOf(name), publicKey } as const;
  });
  const root = generateKeyPair();
  const keyset = signerFromPem(root.privatePem, "root").sign("keyset", { installation: "lab", version: 1, keys });
  writeFileSync(join(directory, "root.pub"), root.publicPem);
  writeFileSync(join(directory, "keyset.json"), JSON.stringify(keyset));
  writeFileSync(join(directory, "node.token"), tokens.node);
  for (const [name, { privatePem }] of pairs) writeFileSync(join(directory, `${name}.key`), privatePem);
  const signer = (name: Name): Signer => signerFromPem(pairs.get(name)?.privatePem ?? "", name);
  return { directory, keyring: await readKeyring(directory), signer };
}

/** Something that grows, and whoever waits until it holds what he wants. */
export function makeRecord<T>() {
  const all: T[] = [];
  const waiters = new Set<() => void>();
  return {
    all: all as readonly T[],
    add(entry: T): void {
      all.push(entry);
      for (const wake of waiters) wake();
    },
    /** The first entry from `from` on for which `wanted` holds, once there is one. */
    async next(wanted: (entry: T) => boolean, from = 0): Promise<T> {
      for (;;) {
        const found = all.slice(from).find(wanted);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => waiters.add(resolve));
      }
    },
  };
}

export type Door = Awaited<ReturnType<typeof makeDoor>>;

/** An arbiter's door of a few lines: it opens each envelope with the keyring, hands out a nonce, and takes it back once. */
export async function makeDoor(t: TestContext, name: Name, keyring: Keyring) {
  const reports = makeRecord<Report>();
  const refused: string[] = [];
  const news = makeRecord<readonly string[]>();
  const standing = {
    revision: 0,
    config: undefined as Envelope | undefined,
    hold: undefined as Promise<unknown> | undefined,
    /** It says which report it holds, as arbiters do that take what is new alone. */
    isHolding: false,
  };
  let nonce: string | undefined;
  const app = makeHttpServer({ logger: quiet, tokens });
  app.post("/v1/reports", { config: { access: "open" } }, async (request) => {
    await standing.hold;
    const opened = keyring.open("report", request.body as Envelope, "agent");
    const report = opened.kind === "ok" && opened.name === "agent-w" ? parseReport(opened.value) : undefined;
    if (!report) throw new Error("not a report of this agent");
    const isKnown = report.nonce === nonce && report.arbiter === name;
    if (!isKnown) refused.push(report.nonce);
    nonce = randomUUID();
    const reply = { kind: isKnown ? "counted" : "refused", nonce, configRevision: standing.revision };
    if (isKnown) reports.add(report);
    if (isKnown && standing.isHolding) return { ...reply, holds: report.seq };
    return isKnown ? reply : { ...reply, because: "unknown-nonce" };
  });
  app.get("/v1/suspicions", { config: { access: "node" } }, async (request) => {
    const after = Number((request.query as { after: string }).after);
    if (after > 0) await Promise.race([news.next(() => true, after - 1), once(request.raw, "close")]);
    return { cursor: news.all.length + 1, targets: news.all.slice(Math.max(0, after - 1)).flat() };
  });
  app.get("/v1/config", { config: { access: "node" } }, (_request, reply) => standing.config ?? reply.code(204).send());
  await listen(app, "http://127.0.0.1:0");
  t.after(() => app.close());
  const arbiter: ArbiterConfig = { name, site: siteOf(name), url: app.listeningOrigin };
  return { arbiter, reports, refused, news, standing };
}

/** A gateway's admin door of a few lines: it says what the test holds, and remembers what it was told. */
export async function makeGateway(t: TestContext, name: string, site = "site-a") {
  const asks = makeRecord<TrafficAsk>();
  const standing = {
    pools: [] as readonly PoolTraffic[],
    reply: undefined as unknown,
    hold: undefined as Promise<unknown> | undefined,
  };
  const app = makeHttpServer({ logger: quiet, tokens });
  app.post("/v1/traffic", { config: { access: "node" } }, async (request) => {
    await standing.hold;
    const ask = parseTrafficAsk(request.body);
    if (!ask) throw new Error("not what an agent says");
    asks.add(ask);
    return standing.reply ?? { gateway: name, pools: standing.pools };
  });
  await listen(app, "http://127.0.0.1:0");
  t.after(() => app.close());
  const at = { url: app.listeningOrigin, address: "127.0.0.1", port: 1, hop: { port: 1 } };
  const gateway: GatewayConfig = { name, site, ...at };
  return { gateway, asks, standing, close: () => app.close() };
}

export const voteIn = (report: Report, target: string): Vote | undefined =>
  report.votes.find((vote) => vote.target === target);

/** A TCP server that can be shut, with all its connections, and opened again on its port. */
export async function makePlace(t: TestContext, onSocket: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  let server: Server = createServer();
  let port = 0;
  const open = async (): Promise<void> => {
    server = createServer((socket) => {
      sockets.add(socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket)));
      onSocket(socket);
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
  };
  const shut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  t.after(shut);
  await open();
  return { at: `127.0.0.1:${port}`, open, shut };
}

/** A configuration as it is after checking, with one pool in each of two sites and the witness's agent. */
export function configOf(parts: {
  readonly arbiters: readonly ArbiterConfig[];
  readonly pools: { readonly a: string; readonly b: string };
  readonly peers?: readonly string[];
  readonly url?: string;
}): Config {
  const pool = (site: string, endpoint: string) => ({
    channel: "stable",
    site,
    endpoints: [endpoint],
    endpointsUpMin: 1,
    probe: { kind: "http", path: "/" },
  });
  const peers = (parts.peers ?? []).map((at, index) => ({
    name: `peer-${index}`,
    site: "site-a",
    url: `http://${at}`,
  }));
  const checked = checkConfig({
    installation: "lab",
    zone: { name: "llm.example", contact: "hostmaster.llm.example" },
    sites: [
      { name: "site-a", addresses: ["127.0.1.1"] },
      { name: "site-b", addresses: ["127.0.2.1"] },
      { name: "site-w", role: "witness" },
    ],
    electorate: ["site-w"],
    arbiters: parts.arbiters,
    agents: [{ name: "agent-w", site: "site-w", url: parts.url ?? "http://127.0.0.1:7401" }, ...peers],
    services: [
      {
        name: "chat",
        host: "chat.llm.example",
        policy: { kind: "failover", sites: ["site-a", "site-b"] },
        pools: [pool("site-a", parts.pools.a), pool("site-b", parts.pools.b)],
      },
    ],
    probes: { intervalMs: 500, deadlineMs: 1000, allow: ["127.0.0.0/8"] },
    store: { site: "site-w" },
  });
  if (checked.kind !== "ok") throw new Error(JSON.stringify(checked.problems));
  return checked.config;
}

/** The same, with the agent's door on whatever port is free. */
export const onAnyPort = (config: Config): Config => ({
  ...config,
  agents: config.agents.map((agent) => (agent.name === "agent-w" ? { ...agent, url: "http://127.0.0.1:0" } : agent)),
});

/** The same, with the agent and some gateways in a serving site. */
export const inSiteA = (config: Config, ...gateways: readonly GatewayConfig[]): Config => ({
  ...config,
  agents: config.agents.map((agent) => (agent.name === "agent-w" ? { ...agent, site: "site-a" } : agent)),
  electorate: ["site-a"],
  gateways,
});
