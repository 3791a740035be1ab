import type { Cause, PastCause } from "./cause.ts";
import type { Config, RecordConfig, ServiceConfig } from "./config.ts";
import type { Fence } from "./fence.ts";
import type { EpochMs, ServiceName, SiteName } from "./model.ts";
import type { Override } from "./override.ts";
import type { Placement } from "./placement.ts";
import { buildRoute, gatewayPeers } from "./route/build-route.ts";
import type { GatewayPeer, ServiceRoute } from "./route/route.ts";
import type { ServiceState } from "./world.ts";

/**
 * What data planes serve: whole, fenced, and signed by the leader's key. Never a difference, so a node that missed ten of
 * them needs only the last.
 */
export type Snapshot = {
  readonly fence: Fence;
  readonly causes: readonly Cause[];
  /** Why services changed before that, for nodes that missed it. Absent: nothing has. */
  readonly past?: readonly PastCause[];
  readonly configRevision: number;
  readonly issuedAt: EpochMs;
  readonly zone: ZoneSnapshot;
  readonly services: readonly ServiceSnapshot[];
  /** Where the sites' gateways find one another. Absent: there are none. */
  readonly gateways?: readonly GatewayPeer[];
};

export type ZoneSnapshot = {
  readonly name: string;
  readonly ttlSeconds: number;
  readonly negativeTtlSeconds: number;
  readonly contact: string;
  /** SOA serial, 32 bits, compared by RFC 1982 arithmetic. */
  readonly serial: number;
  readonly nameservers: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  readonly records: readonly RecordConfig[];
};

export type ServiceSnapshot = {
  readonly service: ServiceName;
  readonly host: string;
  readonly ttlSeconds: number;
  /** One is chosen per query, by share; never two sites in one response, unless the service fails open. */
  readonly choices: readonly AnswerChoice[];
  /** How gateways route it. Absent: there are none. */
  readonly route?: ServiceRoute;
};

export type AnswerChoice = {
  /** The site, or `sorry`. */
  readonly site: SiteName;
  readonly share: number;
  readonly addresses: readonly string[];
};

/** The answers for one service where it is placed now. */
export function serviceSnapshot(config: Config, service: ServiceConfig, placement: Placement): ServiceSnapshot {
  return {
    service: service.name,
    host: service.host,
    ttlSeconds: service.ttlSeconds,
    choices: choices(config, service, placement),
  };
}

function choices(config: Config, service: ServiceConfig, placement: Placement): readonly AnswerChoice[] {
  if (placement.kind === "sorry") {
    return [{ site: "sorry", share: 1, addresses: service.allBad.kind === "sorry" ? service.allBad.addresses : [] }];
  }
  if (placement.kind === "open") {
    const addresses = placement.sites.flatMap((site) => addressesOf(config, site));
    return [{ site: placement.sites.join("+"), share: 1, addresses }];
  }
  const listed = placement.shares.map(({ site, share }) => ({
    site,
    share,
    addresses: addressesOf(config, site),
  }));
  return listed.filter((choice) => choice.share > 0 && choice.addresses.length > 0);
}

const addressesOf = (config: Config, site: SiteName): readonly string[] =>
  config.sites.find((entry) => entry.name === site)?.addresses ?? [];

/** How many addresses a service would be answered with. */
export const countAddresses = (config: Config, service: ServiceConfig, placement: Placement): number =>
  choices(config, service, placement).reduce((sum, choice) => sum + choice.addresses.length, 0);

type Stamp = {
  fence: Fence;
  causes: readonly Cause[];
  past?: readonly PastCause[];
  configRevision: number;
  issuedAt: EpochMs;
};

/** Where services are, and what operators have said. */
type Standing = {
  readonly services: Readonly<Record<ServiceName, ServiceState>>;
  readonly overrides: readonly Override[];
};

/** The whole snapshot of a world. */
export function buildSnapshot(config: Config, { services, overrides }: Standing, stamp: Stamp): Snapshot {
  return {
    ...stamp,
    zone: {
      name: config.zone.name,
      ttlSeconds: config.zone.ttlSeconds,
      negativeTtlSeconds: config.zone.negativeTtlSeconds,
      contact: config.zone.contact,
      serial: stamp.fence.sequence % 2 ** 32,
      nameservers: config.nameservers.map((entry) => ({ name: entry.name, addresses: [entry.address] })),
      records: config.zone.records,
    },
    services: config.services.flatMap((service) => {
      const state = services[service.name];
      if (!state) return [];
      const route = buildRoute(config, service, { state, overrides });
      return [{ ...serviceSnapshot(config, service, state.served), ...(route ? { route } : {}) }];
    }),
    ...(config.gateways.length > 0 ? { gateways: gatewayPeers(config.gateways) } : {}),
  };
}
