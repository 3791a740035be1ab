import {
  type GatewayPeer,
  type Hash32,
  type MonoMs,
  type PoolTraffic,
  type PoolViews,
  poolKey,
  type SiteName,
  type TargetKey,
} from "@sluice/core";
import type { TlsTo } from "../back/limits.ts";
import type { Routes } from "../compile-routes.ts";
import { type LocalPool, makeLocalPool } from "./local-pool.ts";
import { makePeerSite, type PeerSite } from "./peer-site.ts";

/** Every pool that requests can be sent to: those of this site by their endpoints, those of others through their gateways. */
export interface Pools {
  use(routes: Routes): void;
  local(target: TargetKey): LocalPool | undefined;
  peer(site: SiteName): PeerSite | undefined;
  readonly views: PoolViews;
  /** One evaluation of every pool. To be called each 250 ms. */
  judge(): void;
  traffic(): readonly PoolTraffic[];
  destroy(): void;
}

export type PoolsDeps = {
  readonly site: SiteName;
  readonly hash: Hash32;
  readonly now: () => MonoMs;
  readonly tlsTo: (peer: GatewayPeer) => TlsTo;
  /** What a pool's traffic is said to be has changed. */
  readonly onTurn: (before: PoolTraffic | undefined, after: PoolTraffic) => void;
};

export function makePools(deps: PoolsDeps): Pools {
  const { site: here, now } = deps;
  const locals = new Map<TargetKey, LocalPool>();
  const besides = new Map<TargetKey, TargetKey>();
  const reports = new Map<TargetKey, PoolTraffic>();
  let peers = new Map<SiteName, PeerSite>();
  let peersText = "";

  function usePools(routes: Routes): void {
    const kept = new Set<TargetKey>();
    besides.clear();
    for (const { name, route } of routes.byHost.values()) {
      for (const pool of route.pools.filter(({ site }) => site === here)) {
        const target = poolKey(name, pool.channel, here);
        kept.add(target);
        const main = poolKey(name, route.channels[0]?.name ?? pool.channel, here);
        if (main !== target) besides.set(target, main);
        const standing = locals.get(target);
        if (standing) standing.change(pool, now());
        else locals.set(target, makeLocalPool({ service: name, pool, hash: deps.hash }, now()));
      }
    }
    for (const [target, pool] of locals) {
      if (kept.has(target)) continue;
      pool.leave();
      locals.delete(target);
      reports.delete(target);
    }
  }

  function usePeers(list: readonly GatewayPeer[]): void {
    const text = JSON.stringify(list);
    if (text === peersText) return;
    peersText = text;
    for (const peer of peers.values()) peer.leave();
    const bySite = Map.groupBy(list.filter(({ site }) => site !== here), ({ site }) => site);
    peers = new Map(Array.from(bySite, ([site, gateways]) => [site, makePeerSite(site, gateways, deps.tlsTo)]));
  }

  return {
    use(routes) {
      usePools(routes);
      usePeers(routes.snapshot.gateways ?? []);
    },
    local: (target) => locals.get(target),
    peer: (site) => peers.get(site),
    views: {
      admits(service, channel, site) {
        if (site === here) return locals.get(poolKey(service, channel, site))?.watch.admitted ?? 0;
        return peers.get(site)?.mayServe(service, channel, now()) ? 1 : 0;
      },
    },
    judge() {
      const at = now();
      for (const [target, { watch }] of locals) {
        const beside = locals.get(besides.get(target) ?? "")?.watch;
        const before = reports.get(target);
        const after = watch.judge(at, beside);
        reports.set(target, after);
        if (before?.state !== after.state) deps.onTurn(before, after);
      }
    },
    traffic: () => [...reports.values()],
    destroy() {
      for (const pool of locals.values()) pool.destroy();
      for (const peer of peers.values()) peer.destroy();
    },
  };
}
