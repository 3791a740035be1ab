import type { ChannelName, GatewayPeer, MonoMs, ServiceName, SiteName } from "@sluice/core";
import type { TlsTo } from "../back/limits.ts";
import { type Endpoint, makeEndpoint } from "./endpoint.ts";

/** Another site, as its gateways show it to us. */
export interface PeerSite {
  readonly site: SiteName;
  /** The gateway to pass a request to; undefined when none can be reached. */
  pick(now: MonoMs): Endpoint | undefined;
  note(endpoint: Endpoint, isReached: boolean, now: MonoMs): void;
  /** The other site said that its own pool can't serve: it is let alone for a while, so that requests don't go to and fro. */
  noteUnserved(service: ServiceName, channel: ChannelName, now: MonoMs): void;
  mayServe(service: ServiceName, channel: ChannelName, now: MonoMs): boolean;
  leave(): void;
  destroy(): void;
}

/** Unit: milliseconds. A gateway that refused or never answered a connection is tried again after this, by one request at a time. */
const avoidMs = 1_000;
/** Unit: milliseconds. */
const unservedMs = 2_000;
/** Pools that a site was said not to serve; of more, the oldest are forgotten. */
const unservedMax = 1_000;

type Reached = { readonly endpoint: Endpoint; avoidUntil: number; failures: number };

export function makePeerSite(
  site: SiteName,
  peers: readonly GatewayPeer[],
  tlsTo: (peer: GatewayPeer) => TlsTo,
): PeerSite {
  const gateways = peers.map(
    (peer): Reached => ({
      endpoint: makeEndpoint({ address: peer.hop, hash: 0, tls: tlsTo(peer) }),
      avoidUntil: Number.NEGATIVE_INFINITY,
      failures: 0,
    }),
  );
  const unserved = new Map<string, number>();
  let turn = 0;
  return {
    site,
    pick(now) {
      for (let tries = 0; tries < gateways.length; tries += 1) {
        turn = (turn + 1) % gateways.length;
        const gateway = gateways[turn] as Reached;
        if (now < gateway.avoidUntil) continue;
        // While it is not known to be back, the next ones wait for what becomes of this one.
        if (gateway.failures > 0) gateway.avoidUntil = now + avoidMs;
        return gateway.endpoint;
      }
      return undefined;
    },
    note(endpoint, isReached, now) {
      const gateway = gateways.find((entry) => entry.endpoint === endpoint);
      if (!gateway) return;
      gateway.failures = isReached ? 0 : gateway.failures + 1;
      gateway.avoidUntil = isReached ? Number.NEGATIVE_INFINITY : now + avoidMs;
    },
    noteUnserved(service, channel, now) {
      const key = `${service}/${channel}`;
      unserved.delete(key);
      unserved.set(key, now + unservedMs);
      if (unserved.size > unservedMax) unserved.delete(unserved.keys().next().value ?? "");
    },
    mayServe(service, channel, now) {
      const isReachable = gateways.some(({ avoidUntil }) => now >= avoidUntil);
      return isReachable && now >= (unserved.get(`${service}/${channel}`) ?? Number.NEGATIVE_INFINITY);
    },
    leave() {
      for (const { endpoint } of gateways) endpoint.leave();
    },
    destroy() {
      for (const { endpoint } of gateways) endpoint.destroy();
    },
  };
}
