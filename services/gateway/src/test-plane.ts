import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import type { TestContext } from "node:test";
import { monoMs, type ServiceRoute, slotCount } from "@sluice/core";
import { xxh32 } from "@sluice/runtime/hash";
import { sniff } from "@sluice/runtime/sniff";
import { compileRoutes } from "./compile-routes.ts";
import { makeHttp1 } from "./front/http1.ts";
import { makeHttp2 } from "./front/http2.ts";
import { limits as defaults, type Limits } from "./front/limits.ts";
import { makePools, type Pools } from "./pools/pools.ts";
import type { RequestRecord } from "./relay/record.ts";
import { makeRelay, type Relay } from "./relay/relay.ts";

/** The data path of one site on a port of its own, without the doors that need certificates. */
export type TestPlane = {
  readonly port: number;
  readonly pools: Pools;
  readonly relay: Relay;
  readonly records: RequestRecord[];
  /** Resolves when so many requests have ended. */
  ended(count: number): Promise<void>;
};

export const host = "chat.test";

/** A server on a port of its own, closed with its connections when the test ends. */
export async function listening(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Nothing listens there: the port was free a moment ago. */
export async function deadPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

type PlaneOptions = {
  readonly ports: readonly number[];
  readonly protocol?: "http1" | "h2c";
  readonly limits?: Partial<Limits>;
};

export async function startPlane(t: TestContext, options: PlaneOptions): Promise<TestPlane> {
  const limits = { ...defaults, ...options.limits };
  const routes = compileRoutes(snapshotOf(routeTo(options)), { site: "site-a", hash: xxh32 });
  const now = () => monoMs(performance.now());
  const records: RequestRecord[] = [];
  const waiting: (() => void)[] = [];
  const tlsTo = () => ({ ca: "", cert: "", key: "", servername: "" });
  const pools = makePools({ site: "site-a", hash: xxh32, now, tlsTo, onTurn: () => undefined });
  pools.use(routes);
  const relay = makeRelay({
    gateway: "gateway-a",
    site: "site-a",
    hash: xxh32,
    pools,
    now,
    routes: () => routes,
    chance: Math.random,
    onDone(record) {
      records.push(record);
      for (const look of waiting) look();
    },
  });
  const hopOf = (): undefined => undefined;
  const http1 = makeHttp1(limits, {
    onRequest: (inbound) => relay.take(inbound),
    onUpgrade: () => undefined,
    isDraining: () => false,
    hopOf,
  });
  const http2 = makeHttp2(limits, { onRequest: (inbound) => relay.take(inbound), hopOf });
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    sniff(socket, (protocol) => {
      if (protocol === "http2") http2.serve(socket);
      else http1.serve(socket);
    });
  });
  const port = await listening(t, server);
  t.after(() => {
    pools.destroy();
  });
  const ended = (count: number): Promise<void> =>
    new Promise((done) => {
      const look = (): void => {
        if (records.length >= count) done();
      };
      waiting.push(look);
      look();
    });
  return { port, pools, relay, records, ended };
}

function routeTo({ ports, protocol = "http1" }: PlaneOptions): ServiceRoute {
  const endpoints = ports.map((port) => `127.0.0.1:${port}`);
  return {
    channels: [{ name: "stable", weight: 100 }],
    salt: 1,
    slots: [[0, slotCount]],
    affinityHeaders: ["x-user-id"],
    sites: [{ site: "site-a", role: "placed" }],
    pools: [{ channel: "stable", site: "site-a", endpoints, protocol }],
    drainGraceMs: 1_000,
  };
}

const snapshotOf = (route: ServiceRoute): Parameters<typeof compileRoutes>[0] =>
  ({ services: [{ service: "chat", host, ttlSeconds: 5, choices: [], route }], gateways: [] }) as never;
