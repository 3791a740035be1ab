import {
  type EndpointHealth,
  type EndpointOutcome,
  type Hash32,
  type MonoMs,
  type PoolWatch,
  pickEndpoint,
  poolKey,
  type RoutePool,
  type TargetKey,
  watchEndpoints,
  watchPool,
} from "@sluice/core";
import { type Endpoint, makeEndpoint } from "./endpoint.ts";

/** A pool of this site: its endpoints, and what its traffic says of them and of the whole. */
export interface LocalPool {
  readonly target: TargetKey;
  readonly watch: PoolWatch;
  /** What endpoints speak to requests that aren't gRPC. */
  readonly speaks: "http1" | "http2";
  /** One that may be picked and isn't `except`, counted as picked; undefined when there is none. */
  pick(by: Picking, now: MonoMs): Endpoint | undefined;
  /** The one that would be picked now, without picking it. */
  wouldPick(by: Picking, now: MonoMs): Endpoint | undefined;
  note(endpoint: Endpoint, outcome: EndpointOutcome, now: MonoMs): void;
  /** The list as a newer snapshot has it. What is known of an address that stays is kept. */
  change(pool: RoutePool, now: MonoMs): void;
  leave(): void;
  destroy(): void;
}

export type Picking = {
  readonly userHash: number | undefined;
  readonly chance: number;
  readonly except?: Endpoint | undefined;
};

export type LocalPoolOptions = { readonly service: string; readonly pool: RoutePool; readonly hash: Hash32 };

/** Seed of the hash that spreads users over endpoints; any will do that isn't a salt of channels. */
export const endpointSeed = 0x51_1ce;

export function makeLocalPool({ service, pool, hash }: LocalPoolOptions, startedAt: MonoMs): LocalPool {
  const target = poolKey(service, pool.channel, pool.site);
  const watch = watchPool({ target, ttftMaxMs: pool.ttftMaxMs }, startedAt);
  const make = (address: string): Endpoint => makeEndpoint({ address, hash: hash(address, endpointSeed) });
  let endpoints: readonly Endpoint[] = pool.endpoints.map(make);
  let health: EndpointHealth = watchEndpoints(pool.endpoints);
  let speaks: "http1" | "http2" = protocolOf(pool);

  function indexFor({ userHash, chance, except }: Picking, now: MonoMs): number {
    for (let index = 0; index < endpoints.length; index += 1) {
      const endpoint = endpoints[index] as Endpoint;
      endpoint.isOut = endpoint === except || !health.admits(index, now);
    }
    return pickEndpoint(endpoints, userHash === undefined ? { chance } : { userHash });
  }

  return {
    target,
    watch,
    get speaks() {
      return speaks;
    },
    pick(by, now) {
      const index = indexFor(by, now);
      if (index >= 0) health.take(index, now);
      return endpoints[index];
    },
    wouldPick: (by, now) => endpoints[indexFor(by, now)],
    note(endpoint, outcome, now) {
      health.note(endpoints.indexOf(endpoint), outcome, now);
    },
    change(next, now) {
      speaks = protocolOf(next);
      const before = new Map(endpoints.map((endpoint) => [endpoint.address, endpoint]));
      if (next.endpoints.length === before.size && next.endpoints.every((address) => before.has(address))) return;
      if (next.endpoints.some((address) => !before.has(address))) watch.warmUp(now);
      endpoints = next.endpoints.map((address) => before.get(address) ?? make(address));
      health = watchEndpoints(next.endpoints, health);
      for (const endpoint of before.values()) if (!endpoints.includes(endpoint)) endpoint.leave();
    },
    leave() {
      for (const endpoint of endpoints) endpoint.leave();
    },
    destroy() {
      for (const endpoint of endpoints) endpoint.destroy();
    },
  };
}

const protocolOf = ({ protocol }: RoutePool): "http1" | "http2" => (protocol === "h2c" ? "http2" : "http1");
