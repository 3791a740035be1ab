import type { BallotCount } from "./ballot-count.ts";
import type { Ask, Command, CommandResult } from "./command.ts";
import { type Config, configuredTargets, type PolicyConfig, policySites, type ServiceConfig } from "./config.ts";
import { epochMs, type Opinion, type ServiceName, type SiteName } from "./model.ts";
import type { Override } from "./override.ts";
import type { ServiceRoute } from "./route/route.ts";
import { type Outcome, step } from "./step.ts";
import { tableOf } from "./table.ts";
import { isPoolKey, targetKey } from "./target.ts";
import type { TrafficState } from "./traffic/report.ts";
import type { CountedVote } from "./vote.ts";
import { cycleMsMax } from "./watch.ts";
import { newWatch, type ServiceState, type World } from "./world.ts";

/** Builders for tests: two serving sites and a witness, one service. Only tests import this. */
const domains = ["site-a", "site-b", "witness"] as const;

export const chat: ServiceConfig = {
  name: "chat",
  host: "chat.example.test",
  ttlSeconds: 5,
  rtoSeconds: 60,
  policy: { kind: "failover", sites: ["site-a", "site-b"] },
  failback: { kind: "manual" },
  allBad: { kind: "lastKnownGood" },
  channels: [{ name: "stable", weight: 100 }],
  pools: ["site-a", "site-b"].map((site) => ({
    channel: "stable",
    site,
    endpoints: ["127.0.0.1:1"],
    endpointsUpMin: 1,
    protocol: "http1",
    probe: { kind: "tcp" },
  })),
  affinityHeaders: ["x-user-id"],
  drainGraceMs: 75_000,
};

export function configOf(service: Partial<ServiceConfig> = {}): Config {
  return {
    installation: "lab",
    zone: { name: "example.test", ttlSeconds: 60, negativeTtlSeconds: 5, contact: "ops.example.test", records: [] },
    sites: [
      { name: "site-a", role: "serving", addresses: ["127.0.0.11"] },
      { name: "site-b", role: "serving", addresses: ["127.0.0.12"] },
      { name: "witness", role: "witness", addresses: [] },
    ],
    electorate: domains,
    arbiters: [],
    agents: [],
    nameservers: [],
    gateways: [],
    services: [{ ...chat, ...service }],
    probes: {
      intervalMs: 1_000,
      deadlineMs: 1_000,
      fall: 4,
      rise: 5,
      degradedFailures: 6,
      degradedLooks: 10,
      anchors: [],
      allow: [],
    },
    // Neither a ramp nor a budget, unless a test is about them.
    guards: {
      cooldownMs: 60_000,
      movesPerHourMax: 2,
      readmitAfterMs: 600_000,
      holdMaxMs: 14_400_000,
      movedShareMax: 1,
      rampStepMs: 0,
    },
    store: { site: "witness" },
  };
}

export const worldOf = (config: Config): World => ({
  durable: {
    installation: "lab",
    sequence: 0,
    configRevision: 1,
    config,
    services: {},
    overrides: [],
    snapshot: undefined,
  },
  watch: newWatch,
});

/** Ballots as tests write them: vote by vote. */
export type Ballots = Pick<BallotCount, "freshDomains"> & { readonly votes: readonly CountedVote[] };

export function countOf({ votes, freshDomains }: Ballots): BallotCount {
  const casts = [...Map.groupBy(votes, ({ agent }) => agent)].map(([agent, own]) => {
    const entries = own.map(({ target, opinion, suspect = false, traffic }) => {
      const vote = { target, opinion, suspect, ...(traffic ? { traffic } : {}) };
      return [target, vote] as const;
    });
    return { agent, domain: own[0]?.domain ?? "", votes: tableOf(entries) };
  });
  return { casts, freshDomains };
}

/** Every domain votes the same on each site's pool. */
export const ballotsOf = (siteA: Opinion, siteB: Opinion): Ballots =>
  ballotsFor(configOf(), { "site-a": siteA, "site-b": siteB });

/** Every domain votes the same on all that stands in a site. A site that isn't named is not voted on. */
export function ballotsFor(config: Config, bySite: Readonly<Record<SiteName, Opinion>>): Ballots {
  const targets = configuredTargets(config).filter(({ site }) => site in bySite);
  const votes = config.electorate.flatMap((domain) =>
    targets.map((target) => ({
      agent: `agent-${domain}`,
      domain,
      target: targetKey(target),
      opinion: bySite[target.site] ?? "unknown",
    })),
  );
  return { freshDomains: config.electorate, votes };
}

/** The same ballots, with what the agents of some sites say of the traffic of their own pools. */
export function sayTraffic(ballots: Ballots, bySite: Readonly<Record<SiteName, TrafficState | undefined>>): Ballots {
  const pools = [...new Set(ballots.votes.map(({ target }) => target).filter(isPoolKey))];
  const said = pools.flatMap((target): CountedVote[] => {
    const domain = target.split("@")[1] ?? "";
    const state = bySite[domain];
    if (state === undefined) return [];
    const cast = ballots.votes.find((vote) => vote.target === target && vote.domain === domain);
    const traffic = { state, because: `${state} for a test` };
    return [{ agent: `agent-${domain}`, domain, target, opinion: cast?.opinion ?? "unknown", traffic }];
  });
  const isSaid = (vote: CountedVote): boolean =>
    said.some(({ target, domain }) => vote.target === target && vote.domain === domain);
  return { ...ballots, votes: [...ballots.votes.filter((vote) => !isSaid(vote)), ...said] };
}

/** A gateway in each of these sites. */
export const gatewaysAt = (...sites: readonly SiteName[]): NonNullable<Config["gateways"]> =>
  sites.map((site) => ({
    name: `gw-${site}`,
    site,
    url: "http://127.0.0.1:1",
    address: "127.0.0.1",
    port: 1,
    hop: { port: 1 },
  }));

/** A service on other sites than the two: its pools follow its policy. */
export const serviceOn = (policy: PolicyConfig, more: Partial<ServiceConfig> = {}): ServiceConfig => ({
  ...chat,
  policy,
  pools: policySites(policy).map((site) => ({
    channel: "stable",
    site,
    endpoints: ["127.0.0.1:1"],
    endpointsUpMin: 1,
    protocol: "http1",
    probe: { kind: "tcp" },
  })),
  ...more,
});

/** A service with these channels, each with a pool in every site of the policy. */
export const withChannels = (service: ServiceConfig, weights: Readonly<Record<string, number>>): ServiceConfig => ({
  ...service,
  channels: Object.entries(weights).map(([name, weight]) => ({ name, weight })),
  pools: Object.keys(weights).flatMap((channel) =>
    policySites(service.policy).map((site) => ({
      channel,
      site,
      endpoints: ["127.0.0.1:1"],
      endpointsUpMin: 1,
      protocol: "http1" as const,
      probe: { kind: "tcp" as const },
    })),
  ),
});

/** The configuration with a gateway in each serving site. */
export const withGateways = (config: Config): Config => ({
  ...config,
  gateways: config.sites
    .filter(({ role }) => role === "serving")
    .map(({ name, addresses }) => ({
      name: `gateway-${name}`,
      site: name,
      url: `http://${addresses[0]}:7403`,
      address: addresses[0] ?? "",
      port: 8080,
      hop: { port: 8444 },
    })),
});

export const failoverOn = (...sites: readonly SiteName[]): PolicyConfig => ({ kind: "failover", sites });
export const weightedOn = (shares: Readonly<Record<SiteName, number>>): PolicyConfig => ({
  kind: "weighted",
  sites: Object.entries(shares).map(([site, share]) => ({ site, share })),
});

/** Three serving sites and a witness. */
export function configOfThree(...services: readonly ServiceConfig[]): Config {
  const config = configOf();
  return {
    ...config,
    sites: [...config.sites, { name: "site-c", role: "serving", addresses: ["127.0.0.13"] }],
    services,
  };
}

export const commandOf = (ask: Ask, extra: Partial<Command> = {}): Command => ({
  id: "c1",
  by: "anna",
  reason: "test",
  overrideRules: [],
  isDryRun: false,
  ask,
  ...extra,
});

export const overrideOf = (kind: Override["kind"], more: Partial<Override> = {}): Override => ({
  id: "o1",
  kind,
  setAt: epochMs(0),
  until: epochMs(Number.MAX_SAFE_INTEGER),
  by: "anna",
  reason: "test",
  ...more,
});

/** When `Leader` begins. */
export const t0 = 1_000_000_000;

/** A leader that commits each change at once. */
export class Leader {
  world: World;
  epoch = 1;
  now = t0;
  constructor(config: Config) {
    this.world = worldOf(config);
  }

  cycle(at: number, ballots: Ballots, commands: readonly Command[] = []): Outcome {
    this.now = at;
    const role = { kind: "leading", epoch: this.epoch } as const;
    const outcome = step(this.world, { ballots: countOf(ballots), commands, role }, epochMs(at));
    this.world = { durable: outcome.change?.durable ?? this.world.durable, watch: outcome.watch };
    return outcome;
  }

  /** The same as a follower, which watches and does nothing. */
  follow(bySite: Readonly<Record<SiteName, Opinion>>): void {
    const ballots = countOf(ballotsFor(this.world.durable.config, bySite));
    const { watch } = step(this.world, { ballots, commands: [], role: { kind: "following" } }, epochMs(this.now));
    this.world = { ...this.world, watch };
  }

  /** One cycle a second later, in which every site is as `bySite` says. */
  see(bySite: Readonly<Record<SiteName, Opinion>>, commands: readonly Command[] = []): Outcome {
    return this.cycle(this.now + 1_000, ballotsFor(this.world.durable.config, bySite), commands);
  }

  /** As many cycles as `ms` takes; the last one's outcome. */
  pass(ms: number, bySite: Readonly<Record<SiteName, Opinion>>): Outcome | undefined {
    const until = this.now + ms;
    let outcome: Outcome | undefined;
    while (this.now < until) {
      const at = Math.min(this.now + cycleMsMax, until);
      outcome = this.cycle(at, ballotsFor(this.world.durable.config, bySite));
    }
    return outcome;
  }

  /** What came of one command while every site is as `bySite` says. */
  ask(ask: Ask, bySite: Readonly<Record<SiteName, Opinion>>, extra: Partial<Command> = {}): CommandResult | undefined {
    return this.see(bySite, [commandOf(ask, extra)]).results["c1"];
  }

  /** The sites that are answered now for a service. */
  answeredFor(name: ServiceName): readonly SiteName[] {
    const service = this.world.durable.snapshot?.services.find((entry) => entry.service === name);
    return service?.choices.map((choice) => choice.site) ?? [];
  }

  /** How gateways route chat by what was published last. */
  get route(): ServiceRoute | undefined {
    return this.world.durable.snapshot?.services.find((entry) => entry.service === "chat")?.route;
  }

  get answered(): readonly SiteName[] {
    return this.answeredFor("chat");
  }

  get state(): ServiceState | undefined {
    return this.world.durable.services["chat"];
  }

  get situation(): string | undefined {
    return this.world.watch.situations["chat"];
  }

  get held(): string | undefined {
    return this.world.watch.held["chat"]?.rule;
  }
}
