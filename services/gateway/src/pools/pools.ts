import { type GatewayPeer, type MonoMs, type PoolViews, type SiteName } from "@sluice/core";
import type { TlsTo } from "../back/limits.ts";
import type { Routes } from "../compile-routes.ts";
import { type LocalPools, type LocalPoolsDeps, makeLocalPools } from "./local-pools.ts";
import { makePeerSite, type PeerSite } from "./peer-site.ts";

/** Every pool that requests can be sent to: those of this site by their endpoints, those of others through their gateways. */
export interface Pools {
  use(routes: Routes): void;
  readonly local: LocalPools;
  peer(site: SiteName): PeerSite | undefined;
  readonly views: PoolViews;
  /** What happens to a pool is dated by this. */
  now(): MonoMs;
  destroy(): void;
}

export type PoolsDeps = LocalPoolsDeps & { readonly tlsTo: (peer: GatewayPeer) => TlsTo };

export function makePools(deps: PoolsDeps): Pools {
  const { site: here, now } = deps;
  const local = makeLocalPools(deps);
  let peers = new Map<SiteName, PeerSite>();
  let peersText = "";

  function usePeers(list: readonly GatewayPeer[]): void {
    const text = JSON.stringify(list);
    if (text === peersText) return;
    peersText = text;
    for (const peer of peers.values()) peer.leave();
    const bySite = Map.groupBy(list, ({ site }) => site);
    bySite.delete(here);
    peers = new Map(Array.from(bySite, ([site, gateways]) => [site, makePeerSite(site, gateways, deps.tlsTo)]));
  }

  return {
    use(routes) {
      local.use(routes);
      usePeers(routes.snapshot.gateways ?? []);
    },
    local,
    peer: (site) => peers.get(site),
    now,
    views: {
      admits(service, channel, site) {
        if (site === here) return local.of(service, channel)?.watch.admitted ?? 0;
        return peers.get(site)?.mayServe(service, channel, now()) ? 1 : 0;
      },
    },
    destroy() {
      local.destroy();
      for (const peer of peers.values()) peer.destroy();
    },
  };
}
