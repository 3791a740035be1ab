import type { EpochMs } from "@sluice/core";
import {
  blamedSentence,
  type Config,
  type Durable,
  edgeKey,
  formatFence,
  formatPlacement,
  homeOf,
  isExpired,
  majority,
  noVerdict,
  type Opinion,
  overridesOf,
  pinnedChannelOf,
  policySites,
  poolKey,
  type ServiceConfig,
  samePlacement,
  siteHealth,
  sitesOf,
  standingBrakes,
  type TargetKey,
  valueOf,
  verdictWord,
  type Watch,
  type WhyNotCounted,
  weightsOf,
} from "@sluice/core";
import type { Acknowledged } from "./snapshot-desk.ts";

/** Everything `status` and `explain` are worked out from. */
export type View = {
  readonly arbiter: string;
  readonly isLeading: boolean;
  /** It leads without the store, by promises. */
  readonly isFailsafe: boolean;
  /** Decisions taken in failsafe that are kept here until the store has them. */
  readonly failsafeEntries: number;
  /** Why it could not take the lead now. */
  readonly whyNotReady: string | undefined;
  readonly leader: { readonly holder: string; readonly epoch: number } | undefined;
  readonly durable: Durable;
  readonly watch: Watch;
  readonly now: EpochMs;
  readonly whyNotCounted: (agent: string) => WhyNotCounted | undefined;
  readonly acknowledged: Readonly<Record<string, Acknowledged>>;
};

export type StandbyStatus = {
  readonly site: string;
  readonly isReady: boolean;
  readonly health: Opinion | "warming";
  readonly isQuarantined: boolean;
};

/** What matters at night: who leads, which vantages are fresh, where each service is, and whether its standby is ready. */
export function statusOf(view: View) {
  const { durable, watch } = view;
  const { config } = durable;
  return {
    installation: durable.installation,
    arbiter: view.arbiter,
    isLeading: view.isLeading,
    isFailsafe: view.isFailsafe,
    failsafeEntries: view.failsafeEntries,
    whyNotReady: view.whyNotReady ?? null,
    leader: view.leader?.holder ?? null,
    epoch: view.leader?.epoch ?? 0,
    fence: durable.snapshot ? formatFence(durable.snapshot.fence) : null,
    configRevision: durable.configRevision,
    quorum: quorumOf(view),
    vantages: config.agents.map((agent) => {
      const why = view.whyNotCounted(agent.name);
      return { agent: agent.name, site: agent.site, isFresh: why === undefined, because: why ?? null };
    }),
    sites: config.sites.map((site) => ({
      site: site.name,
      role: site.role,
      edge: site.edge ? (valueOf(watch.verdicts, edgeKey(site.name))?.verdict.kind ?? "unknown") : null,
    })),
    services: config.services.map((service) => serviceStatus(view, service)),
    nameservers: config.nameservers.map(({ name, site }) => ({ nameserver: name, site, ...nodeStatus(view, name) })),
    gateways: config.gateways.map((gateway) => gatewayStatus(view, gateway)),
    overrides: durable.overrides.filter((override) => !isExpired(override, view.now)),
    blamed: watch.blamed.map(blamedSentence),
  };
}

/** How many of the configured failure domains are heard, and how many must be. */
function quorumOf({ durable, whyNotCounted }: View) {
  const { electorate, agents } = durable.config;
  const isFresh = (domain: string): boolean =>
    agents.some((agent) => agent.site === domain && whyNotCounted(agent.name) === undefined);
  return { domains: electorate.length, fresh: electorate.filter(isFresh).length, needed: majority(electorate.length) };
}

export function serviceStatus(view: View, service: ServiceConfig) {
  const { durable, watch } = view;
  const state = durable.services[service.name];
  const served = state?.served ?? homeOf(service);
  return {
    service: service.name,
    host: service.host,
    situation: watch.situations[service.name] ?? "unplaced",
    served: formatPlacement(served),
    /** What automation would serve without overrides: real and effective state are both told. */
    base: formatPlacement(state?.base ?? homeOf(service)),
    isForced: state !== undefined && !samePlacement(state.base, state.served),
    isHome: state !== undefined && samePlacement(state.base, homeOf(service)),
    standby: standbyOf(view, service, sitesOf(served)),
    pools: service.pools.map(({ channel, site }) => poolStatus(view, poolKey(service.name, channel, site))),
    held: heldSentence(watch.held[service.name]),
    brakes: standingBrakes(view, service).map(({ rule, because, until, isHolding }) => ({
      rule,
      because,
      until: until ?? null,
      isHolding,
    })),
    latchedAt: state?.latchedAt ?? null,
    overrides: overridesOf(durable.overrides, service.name).map((override) => override.id),
    channels: weightsOf(service, state ?? {}).map(({ name, weight }) => ({ channel: name, weight })),
    pinnedChannel: pinnedChannelOf(overridesOf(durable.overrides, service.name)) ?? null,
  };
}

const heldSentence = (held: Watch["held"][string] | undefined): string | null =>
  held ? `${held.rule}: ${held.because}` : null;

/** Traffic is told as its gateways say it: where requests are too few it is `insufficient-data`, and never `healthy`. */
function poolStatus({ watch }: View, target: TargetKey) {
  const state = valueOf(watch.verdicts, target);
  const { kind, because } = state?.verdict ?? noVerdict;
  return { target, verdict: kind, because, traffic: state?.traffic ?? null };
}

function standbyOf(view: View, service: ServiceConfig, serving: readonly string[]): readonly StandbyStatus[] {
  const quarantine = view.durable.services[service.name]?.quarantine ?? [];
  return policySites(service.policy)
    .filter((site) => !serving.includes(site))
    .map((site) => {
      const health = verdictWord(siteHealth(view.durable.config, service, { site, watch: view.watch }));
      const isQuarantined = quarantine.some((entry) => entry.site === site);
      return { site, isReady: health === "healthy" && !isQuarantined, health, isQuarantined };
    });
}

type Seeing = Pick<View, "durable" | "acknowledged" | "now">;

export const gatewayStatus = (view: Seeing, { name, site }: Config["gateways"][number]) => ({
  gateway: name,
  site,
  ...nodeStatus(view, name),
});

/** What a node last said that it goes by. Asking for a snapshot is also saying which one it has. */
function nodeStatus({ durable, acknowledged, now }: Seeing, name: string) {
  const seen = acknowledged[name];
  const isCurrent =
    seen !== undefined &&
    durable.snapshot !== undefined &&
    formatFence(seen.fence) === formatFence(durable.snapshot.fence);
  return { fence: seen ? formatFence(seen.fence) : null, isCurrent, seenAgoMs: seen ? now - seen.seenAt : null };
}
