import type { GatewayConfig, PoolLook, PoolTraffic, PoolViews, TargetKey } from "@sluice/core";
import type { Logger } from "@sluice/runtime";
import type { Registry } from "prom-client";
import type { Routes } from "./compile-routes.ts";

/**
 * What carries requests: the listeners, the upstreams and the relay between them. The frame round it brings snapshots, speaks
 * with agents and operators, and says when to begin and when to end.
 */
export interface DataPath {
  /** Listens for clients, and for other sites' gateways. Called once, after the first `use`. */
  open(): Promise<void>;
  /** Routes every request that comes from now on by these; those under way end where they began. */
  use(routes: Routes): void;
  /**
   * Bids clients go elsewhere (`Connection: close`, GOAWAY), lets streams end, and resolves when nothing is under way any more or
   * the signal aborts. New requests are served all the same: passed on to another site where one can take them.
   */
  drain(signal: AbortSignal): Promise<void>;
  /** Takes a drain back: clients may stay again. */
  undrain(): void;
  /** Ends at once whatever is under way, and stops listening. */
  close(): Promise<void>;
  /** Requests and streams under way. */
  residual(): number;
  /** What it holds of the pools of its own site. */
  traffic(): readonly PoolTraffic[];
  /** What an agent of the site has seen of these pools; it looks where no traffic comes. */
  takeLooks(looks: readonly PoolLook[]): void;
  /** Takes a tripped pool as well again, on an operator's word. */
  clear(target: TargetKey): "cleared" | "not-tripped" | "unknown";
  /** What it routes by beside the snapshot, so that `explain` says what a request would meet. */
  readonly views: PoolViews;
  /** The endpoint that a request of this user would be sent to, if one is well; without a user, one of those that may be. */
  endpointOf(target: TargetKey, user: string | undefined): string | undefined;
}

export type DataPathDeps = {
  readonly own: GatewayConfig;
  /** Where `mesh-ca.crt` and the gateway's own certificate and key lie. */
  readonly keysDir: string;
  readonly logger: Logger;
  readonly registry: Registry;
};

export type MakeDataPath = (deps: DataPathDeps) => DataPath;
