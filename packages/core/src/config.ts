import type { AgentName, ChannelName, ServiceName, SiteName } from "./model.ts";
import type { VariantRule } from "./route/route.ts";
import type { Target } from "./target.ts";

/**
 * The configuration as the core reads it: checked, with defaults filled in. The schema in packages/contract has the same
 * shape and documents every setting; this is the promise that the pure parts rely on.
 */
export type Config = {
  readonly installation: string;
  readonly zone: ZoneConfig;
  readonly sites: readonly SiteConfig[];
  /** Failure domains that vote, by site name. Whoever is configured counts, not whoever is alive. */
  readonly electorate: readonly SiteName[];
  /** In order of preference: the first leads when it can. */
  readonly arbiters: readonly ArbiterConfig[];
  readonly agents: readonly AgentConfig[];
  readonly nameservers: readonly NameserverConfig[];
  /** Without any, services are steered by DNS alone, and snapshots carry no routes. */
  readonly gateways: readonly GatewayConfig[];
  readonly services: readonly ServiceConfig[];
  readonly probes: ProbeSettings;
  readonly guards: GuardSettings;
  readonly store: StoreConfig;
};

export type ZoneConfig = {
  readonly name: string;
  /** Unit: seconds. TTL of the zone's own SOA and NS records. */
  readonly ttlSeconds: number;
  /** Unit: seconds. SOA MINIMUM, the lifetime of a negative answer (RFC 2308 §4). */
  readonly negativeTtlSeconds: number;
  readonly contact: string;
  readonly records: readonly RecordConfig[];
};

export type RecordConfig = {
  readonly name: string;
  readonly type: "A" | "AAAA" | "CNAME" | "TXT";
  readonly ttlSeconds: number;
  readonly data: readonly string[];
};

export type SiteConfig = {
  readonly name: SiteName;
  readonly role: "serving" | "witness";
  /** What clients are answered when the site serves. IPv4 and IPv6. */
  readonly addresses: readonly string[];
  /** In the unit of the services' loads. Absent: no bound is known. */
  readonly capacity?: number;
  readonly edge?: { readonly endpoints: readonly string[]; readonly probe: ProbeConfig };
};

export type ArbiterConfig = { readonly name: string; readonly site: SiteName; readonly url: string };
export type AgentConfig = { readonly name: AgentName; readonly site: SiteName; readonly url: string };
export type NameserverConfig = {
  readonly name: string;
  readonly site: SiteName;
  readonly address: string;
  readonly port: number;
  readonly url: string;
};

export type GatewayConfig = {
  /** The only DNS name in the certificate by which gateways know each other. */
  readonly name: string;
  readonly site: SiteName;
  readonly url: string;
  readonly address: string;
  readonly port: number;
  /** Absent: clients are not served over TLS. Files that are absent lie in the process's key directory. */
  readonly tls?: { readonly port: number; readonly certFile?: string; readonly keyFile?: string };
  readonly hop: { readonly port: number };
};

export type ServiceConfig = {
  readonly name: ServiceName;
  readonly host: string;
  readonly ttlSeconds: number;
  readonly rtoSeconds: number;
  readonly policy: PolicyConfig;
  /** What it asks of the sites that carry it, in a unit of the operator's choice. Absent: it is not reckoned with. */
  readonly load?: number;
  readonly failback: { readonly kind: "manual" } | { readonly kind: "auto-after"; readonly afterMs: number };
  readonly allBad:
    | { readonly kind: "lastKnownGood" }
    | { readonly kind: "failOpen" }
    | { readonly kind: "sorry"; readonly addresses: readonly string[] };
  readonly channels: readonly ChannelConfig[];
  readonly pools: readonly PoolConfig[];
  readonly affinityHeaders: readonly string[];
  /** Absent: the service's name. */
  readonly salt?: string;
  readonly variant?: VariantRule;
  readonly drainGraceMs: number;
};

export type PolicyConfig =
  | { readonly kind: "failover"; readonly sites: readonly SiteName[] }
  | { readonly kind: "weighted"; readonly sites: readonly { readonly site: SiteName; readonly share: number }[] };

export type ChannelConfig = { readonly name: ChannelName; readonly weight: number };

export type PoolConfig = {
  readonly channel: ChannelName;
  readonly site: SiteName;
  readonly endpoints: readonly string[];
  /** A look succeeds when this many endpoints answered well. */
  readonly endpointsUpMin: number;
  readonly protocol: "http1" | "h2c";
  readonly ttftMaxMs?: number;
  readonly probe: ProbeConfig;
};

export type ProbeConfig =
  | {
      readonly kind: "http";
      readonly path: string;
      readonly statuses: readonly number[];
      readonly bodyIncludes?: string;
      readonly tls?: TlsConfig;
    }
  | { readonly kind: "tcp" }
  | { readonly kind: "grpc"; readonly service: string; readonly tls?: TlsConfig }
  | { readonly kind: "model"; readonly model: string; readonly generate: boolean; readonly tls?: TlsConfig }
  | {
      readonly kind: "metric";
      readonly path: string;
      readonly metric: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly min: number;
      /** How long the metric may be absent before that is a failure. */
      readonly absentMs: number;
      readonly tls?: TlsConfig;
    };

export type TlsConfig = { readonly serverName: string; readonly caFile?: string };

export type ProbeSettings = {
  readonly intervalMs: number;
  readonly deadlineMs: number;
  readonly fall: number;
  readonly rise: number;
  readonly degradedFailures: number;
  readonly degradedLooks: number;
  readonly anchors: readonly string[];
  readonly allow: readonly string[];
};

export type GuardSettings = {
  readonly cooldownMs: number;
  readonly movesPerHourMax: number;
  readonly readmitAfterMs: number;
  readonly holdMaxMs: number;
  readonly movedShareMax: number;
  readonly rampStepMs: number;
};

export type StoreConfig = { readonly site: SiteName; readonly acceptStoreRisk?: string };

/** The channel by which DNS is steered: the first one listed. */
export function defaultChannel(service: ServiceConfig): ChannelName {
  return service.channels[0]?.name ?? "";
}

/** The sites a policy may place traffic on, in order of preference. */
export function policySites(policy: PolicyConfig): readonly SiteName[] {
  return policy.kind === "failover" ? policy.sites : policy.sites.map((entry) => entry.site);
}

/** The channels that could be served at all: those with a pool in a site of the policy. */
export function pooledChannels({ policy, pools }: ServiceConfig): readonly ChannelName[] {
  const sites = policySites(policy);
  return [...new Set(pools.filter((pool) => sites.includes(pool.site)).map((pool) => pool.channel))];
}

/** Everything that agents look at under this configuration. */
export function configuredTargets(config: Config): readonly Target[] {
  const edges = config.sites.flatMap((site): Target[] => (site.edge ? [{ kind: "edge", site: site.name }] : []));
  const pools = config.services.flatMap((service) =>
    service.pools.map(
      (pool): Target => ({ kind: "pool", service: service.name, channel: pool.channel, site: pool.site }),
    ),
  );
  return [...edges, ...pools];
}
