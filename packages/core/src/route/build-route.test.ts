import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceConfig } from "../config.ts";
import {
  chat,
  configOfThree,
  failoverOn,
  overrideOf,
  serviceOn,
  weightedOn,
  withChannels,
  withGateways,
} from "../fixtures.ts";
import type { Override } from "../override.ts";
import { onSite, type Placement } from "../placement.ts";
import { buildRoute, gatewayPeers } from "./build-route.ts";
import { seedOf } from "./seed.ts";
import { newSlots } from "./slots.ts";

const onThree = withChannels(serviceOn(failoverOn("site-a", "site-b", "site-c")), { stable: 90, canary: 10 });
const shares = (share: Readonly<Record<string, number>>): Placement => ({
  kind: "sites",
  shares: Object.entries(share).map(([site, each]) => ({ site, share: each })),
});
const drain = (site: string, more: Partial<Override> = {}): Override =>
  overrideOf("drain", { id: `d-${site}`, site, ...more });

function routeOf(served: Placement, overrides: readonly Override[] = [], service: ServiceConfig = onThree) {
  const state = { base: served, served, quarantine: [], moves: [], slots: newSlots(service.channels) };
  const route = buildRoute(withGateways(configOfThree(service)), service, { state, overrides });
  assert.ok(route);
  return route;
}

const orders: readonly [string, Placement, readonly Override[], string][] = [
  ["where it is placed comes first", onSite("site-b"), [], "site-b placed, site-a standby, site-c standby"],
  [
    "by shares, as they stand in the answer",
    shares({ "site-c": 80, "site-a": 20 }),
    [],
    "site-c placed, site-a placed, site-b standby",
  ],
  ["drained ones come last", onSite("site-b"), [drain("site-a")], "site-b placed, site-c standby, site-a drained"],
  [
    "one that must serve though it is drained is placed",
    onSite("site-a"),
    [drain("site-a"), drain("site-b")],
    "site-a placed, site-c standby, site-b drained",
  ],
  [
    "another service's drain is nothing to it",
    onSite("site-a"),
    [drain("site-b", { service: "embed" })],
    "site-a placed, site-b standby, site-c standby",
  ],
  [
    "on the sorry address gateways still try all",
    { kind: "sorry" },
    [],
    "site-a standby, site-b standby, site-c standby",
  ],
  [
    "failing open places all",
    { kind: "open", sites: ["site-a", "site-b", "site-c"] },
    [],
    "site-a placed, site-b placed, site-c placed",
  ],
];

for (const [name, served, overrides, expected] of orders) {
  test(name, () => {
    const { sites } = routeOf(served, overrides);
    assert.equal(sites.map(({ site, role }) => `${site} ${role}`).join(", "), expected);
  });
}

test("it is whole: channels, slots, salt, headers, pools and the grace", () => {
  const service = {
    ...onThree,
    salt: "spring",
    affinityHeaders: ["x-tenant"],
    variant: {
      header: "x-model-variant",
      values: [{ value: "v2", channel: "canary" }],
      whenDead: "strict",
      whenUnknown: "split",
    },
    pools: onThree.pools.map((pool) => ({ ...pool, protocol: "h2c", ttftMaxMs: 500 }) as const),
  } as const;
  const route = routeOf(onSite("site-a"), [], service);
  assert.deepEqual(route.channels, service.channels);
  assert.deepEqual(route.slots, [
    [0, 9_000],
    [1, 1_000],
  ]);
  assert.deepEqual(
    [route.salt, route.affinityHeaders, route.variant],
    [seedOf("spring"), ["x-tenant"], service.variant],
  );
  assert.deepEqual(route.pools[0], {
    channel: "stable",
    site: "site-a",
    endpoints: ["127.0.0.1:1"],
    protocol: "h2c",
    ttftMaxMs: 500,
  });
  assert.deepEqual([route.pools.length, route.drainGraceMs], [6, 75_000]);
});

test("the salt is the service's name unless another is given", () => {
  assert.equal(routeOf(onSite("site-a")).salt, seedOf("chat"));
});

test("pools in sites outside the policy get no requests", () => {
  const pools = [...chat.pools, { ...chat.pools[0], site: "site-c" } as ServiceConfig["pools"][number]];
  const route = routeOf(onSite("site-a"), [], { ...chat, pools });
  assert.deepEqual(
    route.pools.map(({ site }) => site),
    ["site-a", "site-b"],
  );
});

test("the last pin that names a channel is in it, and no other service's", () => {
  const pin = (id: string, channel: string, service = "chat"): Override => overrideOf("pin", { id, channel, service });
  const pinned = (...overrides: readonly Override[]) => routeOf(onSite("site-a"), overrides).pinnedChannel;
  assert.equal(pinned(pin("1", "stable"), pin("2", "canary"), pin("3", "stable", "embed")), "canary");
  assert.equal(
    "pinnedChannel" in routeOf(onSite("site-a"), [overrideOf("pin", { service: "chat", site: "site-a" })]),
    false,
  );
});

test("without gateways nobody routes, and a service that an older Sluice wrote down has no slots yet", () => {
  const config = configOfThree(onThree);
  const state = { base: onSite("site-a"), served: onSite("site-a"), quarantine: [], moves: [] };
  const slots = newSlots(onThree.channels);
  assert.equal(buildRoute(config, onThree, { state: { ...state, slots }, overrides: [] }), undefined);
  assert.equal(buildRoute(withGateways(config), onThree, { state, overrides: [] }), undefined);
});

test("gateways find one another at an address and port, also by IPv6", () => {
  const [first] = withGateways(configOfThree(serviceOn(weightedOn({ "site-a": 1 })))).gateways;
  assert.ok(first);
  assert.deepEqual(gatewayPeers([first, { ...first, name: "six", address: "2001:db8::1" }]), [
    { name: "gateway-site-a", site: "site-a", hop: "127.0.0.11:8444" },
    { name: "six", site: "site-a", hop: "[2001:db8::1]:8444" },
  ]);
});
