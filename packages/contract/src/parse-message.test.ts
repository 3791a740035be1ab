import assert from "node:assert/strict";
import { test } from "node:test";
import { buildSnapshot, epochMs, onSite, type Snapshot } from "@sluice/core";
import { checkConfig } from "./parse-config.ts";
import { parseSnapshot } from "./parse-message.ts";
import { labWith } from "./test-lab.ts";

function snapshotOf(changes: Readonly<Record<string, unknown>> = {}): Snapshot {
  const checked = checkConfig(labWith(changes));
  assert.ok(checked.kind === "ok");
  const at = onSite("site-a");
  const slots = [
    { count: 9_000, owners: [{ channel: "stable", since: 0 }] },
    { count: 1_000, owners: [{ channel: "canary", since: 0 }] },
  ];
  const services = { chat: { base: at, served: at, quarantine: [], moves: [], slots } };
  const fence = { installation: "lab", epoch: 1, sequence: 2 };
  const stamp = { fence, causes: [], configRevision: 0, issuedAt: epochMs(0) };
  return buildSnapshot(checked.config, { services, overrides: [] }, stamp);
}

const travelled = (snapshot: unknown): Snapshot | undefined => parseSnapshot(JSON.parse(JSON.stringify(snapshot)));

test("a snapshot with routes comes out as it went in", () => {
  const snapshot = snapshotOf();
  assert.ok(snapshot.services[0]?.route?.variant);
  assert.deepEqual(travelled(snapshot), snapshot);
});

test("one without gateways is as it was before there were any", () => {
  const snapshot = snapshotOf({ gateways: undefined });
  assert.deepEqual(travelled(snapshot), snapshot);
  assert.deepEqual(Object.keys(snapshot).includes("gateways"), false);
  assert.deepEqual(Object.keys(snapshot.services[0] ?? {}), ["service", "host", "ttlSeconds", "choices"]);
});

test("the largest route that a configuration allows can travel", () => {
  const long = (at: number): string => `${"x".repeat(60)}${at}`;
  const channels = Array.from({ length: 32 }, (_, at) => ({ name: long(at), weight: 1 }));
  const values = Array.from({ length: 64 }, (_, at) => ({ value: `${"v".repeat(290)}${at}`, channel: long(0) }));
  const pools = Array.from({ length: 1_000 }, (_, at) => ({
    channel: long(at % 32),
    site: "site-a",
    endpoints: ["127.0.1.1:1"],
    protocol: "h2c" as const,
    ttftMaxMs: 1,
  }));
  const slots = Array.from({ length: 10_000 }, (_, at) => [at % 32, 1] as const);
  const sites = Array.from({ length: 32 }, (_, at) => ({ site: long(at), role: "standby" as const }));
  const snapshot = withRoute({ channels, slots, pools, sites, pinnedChannel: long(31), salt: 2 ** 32 - 1 });
  const variant = { header: "x".repeat(300), values, whenDead: "fallback", whenUnknown: "refuse" } as const;
  assert.ok(travelled(withRoute({ variant })));
  assert.ok(travelled(snapshot));
});

const withRoute = (changes: object): unknown => {
  const snapshot = snapshotOf();
  return {
    ...snapshot,
    services: snapshot.services.map((service) => ({ ...service, route: { ...service.route, ...changes } })),
  };
};
const pools = snapshotOf().services[0]?.route?.pools ?? [];

const refused: Readonly<Record<string, unknown>> = {
  "no slots": withRoute({ slots: [] }),
  "an empty run": withRoute({ slots: [[0, 0]] }),
  "a run of half a slot": withRoute({ slots: [[0, 0.5]] }),
  "a run longer than all": withRoute({ slots: [[0, 10_001]] }),
  "a run of a channel far beyond any list": withRoute({ slots: [[32, 1]] }),
  "a run of three numbers": withRoute({ slots: [[0, 1, 2]] }),
  "more runs than slots": withRoute({ slots: Array.from({ length: 10_001 }, () => [0, 1]) }),
  "no channels": withRoute({ channels: [] }),
  "a negative weight": withRoute({ channels: [{ name: "stable", weight: -1 }] }),
  "a salt beyond 32 bits": withRoute({ salt: 2 ** 32 }),
  "no sites": withRoute({ sites: [] }),
  "a site in no role": withRoute({ sites: [{ site: "site-a", role: "master" }] }),
  "a pool without endpoints": withRoute({ pools: pools.map((pool) => ({ ...pool, endpoints: [] })) }),
  "a pool in a tongue of its own": withRoute({ pools: pools.map((pool) => ({ ...pool, protocol: "quic" })) }),
  "a grace without end": withRoute({ drainGraceMs: 2 ** 31 }),
  "a gateway without a hop": { ...snapshotOf(), gateways: [{ name: "gateway-a", site: "site-a" }] },
  "more gateways than a configuration may have": {
    ...snapshotOf(),
    gateways: Array.from({ length: 65 }, () => ({ name: "gateway-a", site: "site-a", hop: "127.0.0.1:1" })),
  },
};

for (const [name, value] of Object.entries(refused)) {
  test(`no snapshot: ${name}`, () => assert.equal(travelled(value), undefined));
}
