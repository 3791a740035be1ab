import type { BallotCount } from "./ballot-box.ts";
import type { Ask, Command } from "./command.ts";
import type { Config, ServiceConfig } from "./config.ts";
import { epochMs, type Opinion } from "./model.ts";
import { type Outcome, step } from "./step.ts";
import { newWatch, type World } from "./world.ts";

/** Builders for tests: two serving sites and a witness, one service. Only tests import this. */
export const domains = ["site-a", "site-b", "witness"] as const;

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
    probe: { kind: "tcp" },
  })),
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
    guards: { cooldownMs: 60_000, movesPerHourMax: 2, readmitAfterMs: 600_000 },
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

/** Every domain votes the same on each site's pool. */
export const ballotsOf = (siteA: Opinion, siteB: Opinion): BallotCount => ({
  freshDomains: domains,
  votes: domains.flatMap((domain) => [
    { agent: `agent-${domain}`, domain, target: "pool:chat/stable@site-a", opinion: siteA },
    { agent: `agent-${domain}`, domain, target: "pool:chat/stable@site-b", opinion: siteB },
  ]),
});

export const commandOf = (ask: Ask, extra: Partial<Command> = {}): Command => ({
  id: "c1",
  by: "anna",
  reason: "test",
  overrideRules: [],
  isDryRun: false,
  ask,
  ...extra,
});

/** A leader that commits each change at once. */
export class Leader {
  world: World;
  epoch = 1;
  constructor(config: Config) {
    this.world = worldOf(config);
  }

  cycle(at: number, ballots: BallotCount, commands: readonly Command[] = []): Outcome {
    const role = { kind: "leading", epoch: this.epoch } as const;
    const outcome = step(this.world, { ballots, commands, role }, epochMs(at));
    this.world = { durable: outcome.change?.durable ?? this.world.durable, watch: outcome.watch };
    return outcome;
  }

  /** The sites that are answered now. */
  get answered(): readonly string[] {
    return this.world.durable.snapshot?.services[0]?.choices.map((choice) => choice.site) ?? [];
  }
}
