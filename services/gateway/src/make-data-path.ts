import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { join } from "node:path";
import { type Hash32, monoMs, type SiteName } from "@sluice/core";
import { backLimits, type TlsTo } from "./back/limits.ts";
import type { Routes } from "./compile-routes.ts";
import type { DataPath, DataPathDeps } from "./data-path.ts";
import { makeClientDoors } from "./front/doors.ts";
import { limits } from "./front/limits.ts";
import { spliceUpgrade } from "./front/upgrade.ts";
import { makeAccessLog } from "./relay/access-log.ts";
import { endpointSeed } from "./pools/local-pool.ts";
import { makePools } from "./pools/pools.ts";
import type { Hop } from "./relay/inbound.ts";
import { makeRelay } from "./relay/relay.ts";
import { makeTrafficMetrics } from "./relay/traffic-metrics.ts";

/** Unit: milliseconds. How often pools are evaluated; failures in a row trip at once, without waiting for it. */
const judgeEveryMs = 250;

/** The gateway's data path: doors for clients, pools behind them, and the relay between. */
export function makeDataPath(deps: DataPathDeps, hash: Hash32): DataPath {
  const { own, logger, keysDir } = deps;
  const now = () => monoMs(performance.now());
  const metrics = makeTrafficMetrics(deps.registry);
  const log = makeAccessLog(logger);
  let routes: Routes | undefined;
  let mesh: Omit<TlsTo, "servername"> | undefined;
  const splices = new Set<object>();
  const waiting = new Set<() => void>();

  const readMesh = (): Omit<TlsTo, "servername"> => {
    const read = (name: string): string => readFileSync(join(keysDir, name), "utf8");
    return { ca: read("mesh-ca.crt"), cert: read(`${own.name}.crt`), key: read(`${own.name}.tls.key`) };
  };
  const pools = makePools({
    site: own.site,
    hash,
    now,
    tlsTo: (peer) => ({ ...(mesh ??= readMesh()), servername: peer.name }),
    onTurn: (before, after) => {
      const level = after.state === "tripped" ? "warn" : "info";
      const was = before?.state ?? "unknown";
      logger[level]({ event: "traffic", ...after }, `${after.target} is ${after.state} (was ${was}): ${after.because}`);
    },
  });
  const relay = makeRelay({
    gateway: own.name,
    site: own.site,
    hash,
    pools,
    routes: () => routes,
    now,
    chance: Math.random,
    onDone(record) {
      metrics.note(record);
      log(record);
      settle();
    },
  });

  const underWay = (): number => relay.underWay() + splices.size;
  function settle(): void {
    if (underWay() === 0) for (const done of waiting) done();
  }
  function onUpgrade(request: IncomingMessage, socket: Socket, at: { first: Buffer; hop: Hop | undefined }): void {
    const spliced = spliceUpgrade(request, socket, { ...at, relay, pools, own, now, limits: backLimits });
    splices.add(spliced);
    void spliced.then((record) => {
      splices.delete(spliced);
      metrics.note(record);
      log(record);
      settle();
    });
  }
  const doors = makeClientDoors({
    own,
    keysDir,
    limits,
    onRequest: relay.take,
    onUpgrade,
    hopOf(name) {
      const site = siteOf(routes, name);
      return site === undefined || site === own.site ? undefined : { gateway: name, from: site };
    },
  });
  let timer: NodeJS.Timeout | undefined;

  return {
    async open() {
      await doors.open();
      timer = setInterval(pools.judge, judgeEveryMs);
    },
    use(next) {
      routes = next;
      pools.use(next);
    },
    async drain(signal) {
      doors.drain();
      if (underWay() === 0 || signal.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      waiting.delete(resolve);
    },
    undrain: doors.undrain,
    async close() {
      clearInterval(timer);
      await doors.close();
      pools.destroy();
    },
    residual: underWay,
    traffic: pools.traffic,
    takeLooks(looks) {
      for (const look of looks) pools.local(look.target)?.watch.see(look, now());
    },
    clear(target) {
      const pool = pools.local(target);
      if (!pool) return "unknown";
      if (pool.watch.admitted === 1) return "not-tripped";
      pool.watch.clear(now());
      return "cleared";
    },
    views: pools.views,
    endpointOf(target, user) {
      const userHash = user === undefined ? undefined : hash(user, endpointSeed);
      return pools.local(target)?.wouldPick({ userHash, chance: Math.random() }, now())?.address;
    },
  };
}

const siteOf = (routes: Routes | undefined, gateway: string): SiteName | undefined =>
  routes?.snapshot.gateways?.find(({ name }) => name === gateway)?.site;

