import type { Hash32, SiteName } from "@sluice/core";
import { type CarrierDeps, makeCarrier } from "./carrier.ts";
import type { Routes } from "./compile-routes.ts";
import type { DataPath } from "./data-path.ts";
import { makeClientDoors } from "./front/client-doors.ts";
import { limits } from "./front/limits.ts";
import { endpointSeed } from "./pools/local-pool.ts";

/** Unit: milliseconds. How often pools are evaluated; failures in a row trip at once, without waiting for it. */
const judgeEveryMs = 250;

/** The gateway's data path: doors for clients, pools behind them, and what carries requests between. */
export function makeDataPath(deps: CarrierDeps, hash: Hash32): DataPath {
  const { own, keysDir } = deps;
  const carrier = makeCarrier(deps, hash);
  const { pools } = carrier;
  let routes: Routes | undefined;
  let timer: NodeJS.Timeout | undefined;
  const doors = makeClientDoors({
    own,
    keysDir,
    limits,
    onRequest: (inbound) => carrier.take(inbound),
    onUpgrade: (request, socket, at) => carrier.takeUpgrade(request, socket, at),
    hopOf(name) {
      const site = siteOf(routes, name);
      return site === undefined || site === own.site ? undefined : { gateway: name, from: site };
    },
  });
  return {
    async open() {
      await doors.open();
      timer = setInterval(() => pools.local.judge(), judgeEveryMs);
    },
    use(next) {
      routes = next;
      carrier.use(next);
    },
    async drain(signal) {
      doors.drain();
      await carrier.idle(signal);
    },
    undrain: () => doors.undrain(),
    async close() {
      clearInterval(timer);
      await doors.close();
      pools.destroy();
    },
    residual: () => carrier.underWay(),
    traffic: () => pools.local.traffic(),
    takeLooks: (looks) => pools.local.see(looks),
    clear: (target) => pools.local.clear(target),
    views: pools.views,
    endpointOf(target, user) {
      const userHash = user === undefined ? undefined : hash(user, endpointSeed);
      return pools.local.wouldPick(target, { userHash, chance: Math.random() });
    },
  };
}

const siteOf = (routes: Routes | undefined, gateway: string): SiteName | undefined =>
  routes?.snapshot.gateways?.find(({ name }) => name === gateway)?.site;
