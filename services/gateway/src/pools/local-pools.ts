import {
  type ChannelName,
  type Hash32,
  type MonoMs,
  type PoolLook,
  type PoolTraffic,
  poolKey,
  type ServiceName,
  type SiteName,
  type TargetKey,
} from "@sluice/core";
import type { Routes } from "../compile-routes.ts";
import { type LocalPool, makeLocalPool, type Picking } from "./local-pool.ts";

/** The pools of this site, and what their traffic says of them. */
export interface LocalPools {
  use(routes: Routes): void;
  find(target: TargetKey): LocalPool | undefined;
  /** The same, for what is asked with every request: to make a key and look it up by its text takes longer. */
  of(service: ServiceName, channel: ChannelName): LocalPool | undefined;
  /** One evaluation of each. To be called each 250 ms. */
  judge(): void;
  traffic(): readonly PoolTraffic[];
  /** What an agent has seen. */
  see(looks: readonly PoolLook[]): void;
  /** An operator's word: the pool is well again. */
  clear(target: TargetKey): "cleared" | "not-tripped" | "unknown";
  /** The endpoint that such a request would be sent to now. */
  wouldPick(target: TargetKey, by: Picking): string | undefined;
  destroy(): void;
}

export type LocalPoolsDeps = {
  readonly site: SiteName;
  readonly hash: Hash32;
  readonly now: () => MonoMs;
  /** What a pool's traffic is said to be has changed. */
  readonly onTurn: (before: PoolTraffic | undefined, after: PoolTraffic) => void;
};

type Held = {
  readonly pool: LocalPool;
  /** The default channel's pool, by which a canary is judged: what slows both down is not the canary's doing. */
  beside: TargetKey | undefined;
  report: PoolTraffic | undefined;
};

export function makeLocalPools({ site, hash, now, onTurn }: LocalPoolsDeps): LocalPools {
  const held = new Map<TargetKey, Held>();
  let byService = new Map<ServiceName, Map<ChannelName, LocalPool>>();
  const find = (target: TargetKey): LocalPool | undefined => held.get(target)?.pool;

  return {
    find,
    of: (service, channel) => byService.get(service)?.get(channel),
    use(routes) {
      const gone = new Map(held);
      byService = new Map();
      for (const { name, route } of routes.byHost.values()) {
        const byChannel = new Map<ChannelName, LocalPool>();
        byService.set(name, byChannel);
        const main = poolKey(name, route.channels[0]?.name ?? "", site);
        for (const pool of route.pools) {
          if (pool.site !== site) continue;
          const target = poolKey(name, pool.channel, site);
          gone.delete(target);
          const beside = main === target ? undefined : main;
          const standing = held.get(target);
          standing?.pool.change(pool, now());
          if (standing) standing.beside = beside;
          const entry = standing ?? {
            pool: makeLocalPool({ service: name, pool, hash }, now()),
            beside,
            report: undefined,
          };
          held.set(target, entry);
          byChannel.set(pool.channel, entry.pool);
        }
      }
      for (const [target, { pool }] of gone) {
        pool.leave();
        held.delete(target);
      }
    },
    judge() {
      const at = now();
      for (const entry of held.values()) {
        const beside = entry.beside === undefined ? undefined : find(entry.beside)?.watch;
        const before = entry.report;
        entry.report = entry.pool.watch.judge(at, beside);
        if (before?.state !== entry.report.state) onTurn(before, entry.report);
      }
    },
    traffic: () => Array.from(held.values(), ({ report }) => report).filter((report) => report !== undefined),
    see(looks) {
      for (const look of looks) find(look.target)?.watch.see(look, now());
    },
    clear(target) {
      const watch = find(target)?.watch;
      if (!watch) return "unknown";
      if (watch.admitted === 1) return "not-tripped";
      watch.clear(now());
      return "cleared";
    },
    wouldPick: (target, by) => find(target)?.wouldPick(by, now())?.address,
    destroy() {
      for (const { pool } of held.values()) pool.destroy();
    },
  };
}
