import assert from "node:assert/strict";
import { test } from "node:test";
import { type EpochMs, type Event, type JournalEntry, poolKey, type Tally, type TargetKey } from "@sluice/core";
import { timelineOf } from "./timeline.ts";

const faultAtMs = 1_000_000;
const pool = poolKey("chat", "stable", "site-a");
const other = poolKey("embed", "stable", "site-a");
const about = { service: "chat", targets: [pool], faultAtMs };

let id = 0;
const entry = (afterMs: number, event: Event): JournalEntry => ({
  id: (id += 1),
  at: (faultAtMs + afterMs) as EpochMs,
  by: "arbiter-w",
  event,
});

const tally: Tally = {
  electorate: 3,
  healthy: 0,
  degraded: 0,
  down: 2,
  unknown: 1,
  downOutside: 2,
  degradedOutside: 0,
  byDomain: {
    "site-b": "down",
    "site-w": "down",
  },
};
const suspected = (agent: string, afterMs: number, target: TargetKey = pool): Event => ({
  kind: "suspected",
  target,
  agent,
  detail: "refused",
  failingSince: (faultAtMs + afterMs) as EpochMs,
});
const turned = (to: "down" | "degraded", target: TargetKey = pool): Event => ({
  kind: "verdict-changed",
  target,
  tally,
  from: {
    kind: "healthy",
    because: "majority",
  },
  to: {
    kind: to,
    because: "majority",
  },
});
const decided = (service: string, sequence: number): Event => ({
  kind: "decided",
  decision: {
    sequence,
    service,
    situation: "site-down-standby-ready",
    because: "site-a is down",
    at: (faultAtMs + 998) as EpochMs,
    from: {
      kind: "sites",
      shares: [
        {
          site: "site-a",
          share: 1,
        },
      ],
    },
    to: {
      kind: "sites",
      shares: [
        {
          site: "site-b",
          share: 1,
        },
      ],
    },
    cause: {
      kind: "evacuate",
      site: "site-a",
    },
  },
});
const verified = (service: string, sequence = 4): Event => ({
  kind: "verified",
  service,
  servers: ["ns-b", "ns-w"],
  missing: ["ns-a"],
  fence: {
    installation: "lab",
    epoch: 1,
    sequence,
  },
});

const whats = (entries: readonly JournalEntry[]): readonly string[] =>
  timelineOf(entries, about).map(({ ms, what }) => `${ms} ${what}`);

test("the story in order of time, the quorum before the decision that it led to", () => {
  const entries = [
    entry(400, suspected("agent-w", 310)),
    entry(500, suspected("agent-b", 280)),
    entry(1_000, turned("down")),
    entry(1_000, decided("chat", 4)),
    entry(1_400, verified("chat")),
  ];
  assert.deepEqual(whats(entries), ["310 first failed probe", "1000 quorum", "1000 decision", "1400 verified"]);
});

test("the first of each kind counts", () => {
  const entries = [
    entry(10, turned("down")),
    entry(20, decided("chat", 4)),
    entry(30, turned("down")),
    entry(40, decided("chat", 5)),
  ];
  assert.deepEqual(whats(entries), ["10 quorum", "20 decision"]);
});

test("what is about something else, or was before the fault, is no part of it", () => {
  const entries = [
    entry(-50, decided("chat", 3)),
    entry(100, suspected("agent-b", -20)),
    entry(100, suspected("agent-b", 60, other)),
    entry(200, turned("down", other)),
    entry(200, turned("degraded")),
    entry(300, decided("embed", 4)),
    entry(400, verified("embed")),
    entry(500, { kind: "vantage-lost", domain: "site-a" }),
  ];
  assert.deepEqual(whats(entries), []);
});

test("the verification of what was published before the decision is none of it", () => {
  const entries = [entry(100, verified("chat", 3)), entry(1_000, decided("chat", 4)), entry(1_400, verified("chat"))];
  assert.deepEqual(whats(entries), ["1000 decision", "1400 verified"]);
});

test("an election is part of it, for it costs time", () => {
  const entries = [entry(9_000, { kind: "leader-elected", arbiter: "arbiter-b", epoch: 2 })];
  assert.deepEqual(timelineOf(entries, about), [{ ms: 9_000, what: "new leader", detail: "arbiter-b, epoch 2" }]);
});

test("each row says who and why", () => {
  const entries = [
    entry(300, suspected("agent-b", 280)),
    entry(1_000, turned("down")),
    entry(1_000, decided("chat", 4)),
    entry(1_400, verified("chat")),
  ];
  const details = timelineOf(entries, about).map(({ detail }) => detail);
  assert.equal(details[0], `agent-b at ${pool}: refused`);
  assert.match(details[1] ?? "", /is down: .*2 down/);
  assert.match(details[2] ?? "", /site-a → site-b \(evacuate site-a\), because site-a is down$/);
  assert.equal(details[3], "ns-b, ns-w answer by lab:1.4");
});
