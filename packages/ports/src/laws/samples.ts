import {
  type Config,
  type Decision,
  type Event,
  epochMs,
  type Override,
  onSite,
  type ServiceState,
} from "@sluice/core";
import type { Commit, DatedEvent } from "../store.ts";

export const at = epochMs(1_790_000_000_123);

/** A configuration as small as the type allows; the store only keeps it. */
export const config = (installation: string): Config => ({
  installation,
  zone: { name: "llm.example", ttlSeconds: 20, negativeTtlSeconds: 20, contact: "ops.example", records: [] },
  sites: [{ name: "site-a", role: "serving", addresses: ["192.0.2.1", "2001:db8::1"] }],
  electorate: ["site-a"],
  arbiters: [],
  agents: [],
  nameservers: [],
  gateways: [],
  services: [],
  probes: {
    intervalMs: 1000,
    deadlineMs: 1000,
    fall: 4,
    rise: 5,
    degradedFailures: 6,
    degradedLooks: 10,
    anchors: [],
    allow: [],
  },
  guards: {
    cooldownMs: 60_000,
    movesPerHourMax: 2,
    readmitAfterMs: 600_000,
    holdMaxMs: 14_400_000,
    movedShareMax: 0.25,
    rampStepMs: 120_000,
  },
  store: { site: "site-a" },
});

export const state = (site: string): ServiceState => ({
  base: onSite(site),
  served: onSite(site),
  quarantine: [{ site: "site-b", since: at, because: "down" }],
  moves: [at],
  weights: [{ name: "stable", weight: 99.9 }],
  weightsSequence: 7,
  slots: [
    {
      count: 10_000,
      owners: [
        { channel: "canary", since: 0 },
        { channel: "stable", since: 1 },
      ],
    },
  ],
});

export const decision = (sequence: number, service = "chat"): Decision => ({
  sequence,
  at,
  service,
  situation: "site-down-standby-ready",
  from: onSite("site-a"),
  to: onSite("site-b"),
  cause: { kind: "evacuate", site: "site-a" },
  // Bytes that a database may stumble over: quotes, a NUL, half a surrogate pair.
  because: 'two of three say "down" · ünïcode \u0000 \ud800',
});

/** Events as they are appended: all at one date. */
export const dated = (events: readonly Event[]): readonly DatedEvent[] => events.map((event) => ({ at, event }));

/** An event that can be told from others by its number. */
export const event = (revision: number): Event => ({ kind: "config-applied", revision, by: "operator" });

export const override: Override = {
  id: "override-1",
  kind: "freeze",
  setAt: at,
  until: epochMs(at + 60_000),
  by: "operator",
  reason: "a drill",
};

export const envelope = (payload: string): NonNullable<Commit["snapshot"]>["envelope"] => ({
  keyId: "arbiter-1",
  payload,
  signature: "c2lnbmF0dXJl",
});

let commits = 0;

/** A commit that brings the given things and nothing else, by `a`, who holds the lease of most laws. */
export function commit(brings: Pick<Commit, "epoch" | "sequenceBefore"> & Partial<Commit>): Commit {
  commits += 1;
  return {
    id: `commit-${commits}`,
    sequence: brings.sequenceBefore + 1,
    at,
    by: "a",
    services: {},
    servicesRemoved: [],
    overrides: [],
    decisions: [],
    events: [],
    ...brings,
  };
}

/** The first commit of a new world: only it must bring a configuration. */
export const firstCommit = (epoch: number, brings: Partial<Commit> = {}): Commit =>
  commit({
    epoch,
    sequenceBefore: 0,
    config: { revision: 0, config: config("lab") },
    services: { chat: state("site-a"), embed: state("site-a") },
    ...brings,
  });
