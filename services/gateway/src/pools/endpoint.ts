import { makeHttp1Upstream } from "../back/http1.ts";
import { makeHttp2Upstream } from "../back/http2.ts";
import { type BackLimits, backLimits, type TlsTo } from "../back/limits.ts";
import type { Upstream } from "../relay/upstream.ts";

/** One address that requests are sent to, with the connections to it. It outlives snapshots that keep the address. */
export interface Endpoint {
  readonly address: string;
  /** By it users find the same endpoint again, whatever the order of the list. */
  readonly hash: number;
  /** Requests in flight. */
  load: number;
  /** Set before each choice. */
  isOut: boolean;
  /** Set for another site's gateway. */
  readonly tls: TlsTo | undefined;
  /** What speaks to it; each is opened when it is first needed. */
  upstream(speaks: "http1" | "http2"): Upstream;
  /** No new requests; those under way end where they are. */
  leave(): void;
  destroy(): void;
}

export type EndpointOptions = {
  readonly address: string;
  readonly hash: number;
  readonly tls?: TlsTo;
  readonly limits?: BackLimits;
};

export function makeEndpoint({ address, hash, tls, limits = backLimits }: EndpointOptions): Endpoint {
  let [http1, http2]: (Upstream | undefined)[] = [];
  const opened = (): Upstream[] => [http1, http2].filter((upstream) => upstream !== undefined);
  return {
    address,
    hash,
    load: 0,
    isOut: false,
    tls,
    upstream(speaks) {
      if (speaks === "http1") return (http1 ??= makeHttp1Upstream(address, limits, tls));
      return (http2 ??= makeHttp2Upstream(address, limits, tls));
    },
    leave() {
      for (const upstream of opened()) upstream.close().catch(() => undefined);
    },
    destroy() {
      for (const upstream of opened()) upstream.destroy();
    },
  };
}
