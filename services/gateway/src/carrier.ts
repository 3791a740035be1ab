import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { type Hash32, type MonoMs, monoMs, type PoolTraffic } from "@sluice/core";
import type { Logger } from "@sluice/runtime";
import { backLimits, type TlsTo } from "./back/limits.ts";
import type { Routes } from "./compile-routes.ts";
import type { DataPathDeps } from "./data-path.ts";
import { spliceUpgrade } from "./front/upgrade.ts";
import { makePools, type Pools } from "./pools/pools.ts";
import { makeAccessLog } from "./relay/access-log.ts";
import type { Hop, Inbound } from "./relay/inbound.ts";
import type { RequestRecord } from "./relay/record.ts";
import { makeRelay } from "./relay/relay.ts";
import { makeTrafficMetrics } from "./relay/traffic-metrics.ts";
import type { RequestHead } from "./wire/request-head.ts";

/** Carries what comes in at the doors to the pools, and counts what is under way. */
export interface Carrier {
  readonly pools: Pools;
  use(routes: Routes): void;
  take(inbound: Inbound): void;
  takeUpgrade(request: RequestHead, socket: Socket, at: { first: Buffer; hop: Hop | undefined }): void;
  underWay(): number;
  /** Resolves when nothing is under way, or when the signal aborts. */
  idle(signal: AbortSignal): Promise<void>;
}

export type CarrierDeps = DataPathDeps & {
  /** Told of every request, a line for each; undefined: nobody wants to know. */
  readonly requestLog: ((line: string) => void) | undefined;
  /** The clock that pools are judged by, apart from the one that requests are measured by. Default: the same. */
  readonly judgeNow?: () => MonoMs;
};

export function makeCarrier(deps: CarrierDeps, hash: Hash32): Carrier {
  const { own, logger, requestLog, keysDir, registry } = deps;
  const now = () => monoMs(performance.now());
  const metrics = makeTrafficMetrics(registry);
  const log = requestLog && makeAccessLog(own.name, requestLog);
  const splices = new Set<object>();
  const waiting = new Set<() => void>();
  let routes: Routes | undefined;

  const pools = makePools({
    site: own.site,
    hash,
    now: deps.judgeNow ?? now,
    tlsTo: meshTls(keysDir, own.name),
    onTurn: (before, after) => tellTurn(logger, before, after),
  });
  const relay = makeRelay({
    gateway: own.name,
    site: own.site,
    hash,
    pools,
    routes: () => routes,
    now,
    chance: Math.random,
    onDone: note,
  });
  const underWay = (): number => relay.underWay() + splices.size;

  function note(record: RequestRecord): void {
    metrics.note(record);
    log?.(record);
    if (underWay() === 0) for (const done of waiting) done();
  }

  return {
    pools,
    use(next) {
      routes = next;
      pools.use(next);
    },
    take: (inbound) => relay.take(inbound),
    takeUpgrade(request, socket, at) {
      const parts = { ...at, relay, pools, own, now, limits: backLimits };
      const spliced = spliceUpgrade(request, socket, parts).then((record) => {
        splices.delete(spliced);
        note(record);
      });
      splices.add(spliced);
    },
    underWay,
    async idle(signal) {
      if (underWay() === 0 || signal.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      waiting.delete(resolve);
    },
  };
}

/** By what this gateway proves itself to another, read when it is first needed: a lone site has nobody to prove itself to. */
function meshTls(keysDir: string, own: string): (peer: { readonly name: string }) => TlsTo {
  const read = (name: string): string => readFileSync(join(keysDir, name), "utf8");
  let mesh: Omit<TlsTo, "servername"> | undefined;
  return (peer) => {
    mesh ??= { ca: read("mesh-ca.crt"), cert: read(`${own}.crt`), key: read(`${own}.tls.key`) };
    return { ...mesh, servername: peer.name };
  };
}

function tellTurn(logger: Logger, before: PoolTraffic | undefined, after: PoolTraffic): void {
  const { target, state, because } = after;
  // A pool without traffic is what one expects at the start, and nothing to tell.
  const level = state === "tripped" ? "warn" : before === undefined ? "debug" : "info";
  const was = before?.state ?? "new";
  logger[level]({ event: "traffic", target, state }, `${target} is ${state} (was ${was}): ${because}`);
}
