import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Config,
  type Envelope,
  epochMs,
  type GatewayConfig,
  type Keyset,
  type ServiceRoute,
  type Snapshot,
} from "@sluice/core";
import { generateKeyPair, listen, makeLogger, readKeyring, request, signerFromPem } from "@sluice/runtime";
import { makeHttpServer } from "@sluice/runtime/server";
import { drawNet } from "../../../test/scenarios/world/net.ts";
import type { MakeDataPath } from "./data-path.ts";
import { type Gateway, startGateway } from "./start-gateway.ts";
import { makeStandIn, type StandIn } from "./test-stand-in.ts";

const silent = makeLogger({ service: "test", name: "test", level: "silent" });
export const tokens = { operator: "operator-token-of-the-test", node: "node-token-of-the-test" };
export const host = "chat.llm.example";

/** A gateway of site A between one arbiter of a few lines and one endpoint in each site. */
export async function makeWorld() {
  const directory = await mkdtemp(join(tmpdir(), "sluice-gateway-"));
  const [root, arbiter] = [generateKeyPair(), generateKeyPair()];
  const keyset: Keyset = {
    installation: "lab",
    version: 1,
    keys: [{ id: "arbiter-w", role: "arbiter", name: "arbiter-w", site: "site-w", publicKey: arbiter.publicKey }],
  };
  await writeFile(join(directory, "root.pub"), root.publicPem);
  const signedKeyset = signerFromPem(root.privatePem, "root").sign("keyset", keyset);
  await writeFile(join(directory, "keyset.json"), JSON.stringify(signedKeyset));
  const signer = signerFromPem(arbiter.privatePem, "arbiter-w");
  const keyring = await readKeyring(directory);
  const desk = await openDesk();
  const endpoints = { a: await openEndpoint("site-a"), b: await openEndpoint("site-b") };
  const own: GatewayConfig = {
    name: "gateway-a",
    site: "site-a",
    url: "http://127.0.0.1:0",
    // Of its own: a port of 127.0.0.1 that was free a moment ago may be some client's by now.
    address: `${await drawNet()}.1`,
    port: 8080,
    hop: { port: 0 },
  };
  const arbiters = [{ name: "arbiter-w", site: "site-w", url: desk.url }];
  const config = { arbiters, gateways: [own] } as unknown as Config;
  let standIn: StandIn | undefined;
  const makeDataPath: MakeDataPath = (deps) => (standIn = makeStandIn(deps));
  const start = (options: { state?: string; config?: Config } = {}): Promise<Gateway> =>
    startGateway({
      name: own.name,
      config: options.config ?? config,
      keysDir: directory,
      stateDir: join(directory, options.state ?? "state"),
      logger: silent,
      keyring,
      tokens,
      dataPath: makeDataPath,
    });
  return {
    own,
    config,
    desk,
    endpoints,
    start,
    standIn: () => standIn as StandIn,
    sign: (snapshot: Snapshot): Envelope => signer.sign("snapshot", snapshot),
    put: (snapshot: Snapshot) => desk.put(signer.sign("snapshot", snapshot)),
    snapshot: (sequence: number, more: SnapshotMore = {}) => snapshotOf(sequence, endpoints, more),
    async [Symbol.asyncDispose]() {
      await Promise.all([desk.close(), endpoints.a.close(), endpoints.b.close()]);
      await rm(directory, { recursive: true });
    },
  };
}

export type World = Awaited<ReturnType<typeof makeWorld>>;
type Endpoint = Awaited<ReturnType<typeof openEndpoint>>;
type SnapshotMore = { readonly route?: Partial<ServiceRoute> | "none"; readonly addresses?: readonly string[] };

function snapshotOf(
  sequence: number,
  endpoints: { readonly a: Endpoint; readonly b: Endpoint },
  { route = {}, addresses = ["127.0.1.1"] }: SnapshotMore,
): Snapshot {
  const plain: ServiceRoute = {
    channels: [{ name: "stable", weight: 100 }],
    salt: 7,
    slots: [[0, 10_000]],
    affinityHeaders: ["x-user-id"],
    sites: [
      { site: "site-a", role: "placed" },
      { site: "site-b", role: "standby" },
    ],
    pools: [
      { channel: "stable", site: "site-a", endpoints: [endpoints.a.at], protocol: "http1" },
      { channel: "stable", site: "site-b", endpoints: [endpoints.b.at], protocol: "http1" },
    ],
    drainGraceMs: 75_000,
  };
  const service = { service: "chat", host, ttlSeconds: 5, choices: [{ site: "site-a", share: 1, addresses }] };
  return {
    fence: { installation: "lab", epoch: 1, sequence },
    causes: [{ kind: "operator", command: "a test", by: "test" }],
    configRevision: 0,
    issuedAt: epochMs(0),
    zone: {
      name: "llm.example",
      ttlSeconds: 60,
      negativeTtlSeconds: 15,
      contact: "hostmaster.example.org",
      serial: sequence,
      nameservers: [],
      records: [],
    },
    services: [route === "none" ? service : { ...service, route: { ...plain, ...route } }] as Snapshot["services"],
  };
}

/** An arbiter that hands out whatever lies on its desk, or says nothing at all while it is held. */
export async function openDesk() {
  let snapshot: Envelope | undefined;
  let held = Promise.resolve();
  let letGo = (): void => {};
  const asked: string[] = [];
  const app = makeHttpServer({ logger: silent, tokens });
  app.get("/v1/snapshot", { config: { access: "node" } }, async (asking, reply) => {
    asked.push(asking.url);
    await held;
    return snapshot ?? reply.code(204).send();
  });
  await listen(app, "http://127.0.0.1:0");
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    put: (envelope: Envelope) => void (snapshot = envelope),
    hold() {
      held = new Promise((resolve) => {
        letGo = resolve;
      });
    },
    letGo: () => letGo(),
    close: () => app.close(),
  };
}

/** A model server of one line: it says who it is, or fails, or lets a stream hang until it is told to end. */
async function openEndpoint(site: string) {
  let status = 200;
  const streams = new Set<() => void>();
  const server = createServer((incoming, response) => {
    incoming.resume();
    response.setHeader("x-served-by", `${site}/stable/1`);
    if (incoming.url !== "/stream") return void response.writeHead(status).end("well");
    response.writeHead(200).write("first");
    streams.add(() => response.end("last"));
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  return {
    at: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (next: number) => void (status = next),
    endStreams: () => {
      for (const end of streams) end();
    },
    close: () => end(server),
  };
}

function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

type Method = "GET" | "POST" | "DELETE";
export type Answered = { readonly status: number; readonly body: Record<string, unknown> };

/** What the admin door answers an operator, or whoever holds `token`. */
export async function askAdmin(
  gateway: Gateway,
  method: Method,
  path: string,
  more: { readonly token?: string; readonly body?: unknown } = {},
): Promise<Answered> {
  const url = `http://127.0.0.1:${gateway.httpPort}${path}`;
  const answer = await request({ url, method, token: tokens.operator, timeoutMs: 5_000, ...more });
  return answer as Answered;
}

export async function metricsOf(gateway: Gateway): Promise<string> {
  const answer = await request({ url: `http://127.0.0.1:${gateway.httpPort}/metrics`, timeoutMs: 5_000 });
  return answer.body as string;
}

/** Who serves a client of the gateway: `site-a/stable/1`, a status without one, or the error of a closed door. */
export function whoServes(world: World, path = "/"): Promise<string> {
  return new Promise((settle) => {
    const { address, port } = world.own;
    const outgoing = httpRequest({ host: address, port, path, agent: false, headers: { host } }, (response) => {
      response.resume();
      settle(response.headers["x-served-by"]?.toString() ?? `status ${response.statusCode}`);
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => settle(error.code ?? error.message)).end();
  });
}
