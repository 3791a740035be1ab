import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceRoute } from "./route.ts";
import { routeRequest } from "./route-request.ts";
import {
  admits,
  canaryUser,
  chatRoute,
  compiled,
  factsOf,
  type Headers,
  route,
  stableUser,
  withoutPools,
  withRoles,
} from "./test-route.ts";

const ofStable = { "x-user-id": stableUser };
const ofCanary = { "x-user-id": canaryUser };
const next = { "x-model-variant": "next-v2" };
const variant = { ...chatRoute.variant, header: "x-model-variant", values: [{ value: "next-v2", channel: "next" }] };
const fallback = { variant: { ...variant, whenDead: "fallback", whenUnknown: "split" } } as const;
const refusing = { variant: { ...variant, whenDead: "strict", whenUnknown: "refuse" } } as const;

type Case = readonly [
  fear: string,
  expected: string,
  headers: Headers,
  shares?: Readonly<Record<string, number>>,
  change?: Partial<ServiceRoute>,
  site?: string,
];

/* The order of a request. */
const byOrder: readonly Case[] = [
  ["the slot's owner", "stable slot site-a site-b site-c", ofStable],
  ["the slot's owner", "canary slot site-a site-b site-c", ofCanary],
  ["the second affinity header", "canary slot site-a site-b site-c", { "x-session-id": canaryUser }],
  ["the first affinity header counts", "canary slot site-a site-b site-c", { ...ofCanary, "x-session-id": stableUser }],
  ["an empty header names nobody", "canary slot site-a site-b site-c", { "x-user-id": "", "x-session-id": canaryUser }],
  ["nobody: a slot by chance", "stable unkeyed site-a site-b site-c", {}],
  ["a variant beats the slot", "next variant site-a site-b site-c", { ...ofCanary, ...next }],
  ["a variant beats the pin", "next variant site-a site-b site-c", next, {}, { pinnedChannel: "stable" }],
  ["an empty variant is none", "canary slot site-a site-b site-c", { ...ofCanary, "x-model-variant": "" }],
  ["a pin beats the slot", "canary pin site-a site-b site-c", ofStable, {}, { pinnedChannel: "canary" }],
  [
    "a pin to what nobody has binds nobody",
    "stable slot site-a site-b site-c",
    ofStable,
    {},
    { pinnedChannel: "gone" },
  ],
  ["a pin holds while all is dead", "canary pin site-a site-b site-c", {}, { canary: 0 }, { pinnedChannel: "canary" }],
  ["a pin moves to another site", "canary pin site-b site-c", {}, { "site-a": 0 }, { pinnedChannel: "canary" }],
];

/* Variants. */
const byVariant: readonly Case[] = [
  ["values are exact", "canary slot site-a site-b site-c", { ...ofCanary, "x-model-variant": "Next-V2" }],
  ["twice the same is another value", "stable unkeyed site-a site-b site-c", { "x-model-variant": "next-v2, next-v2" }],
  ["unknown, and refused", "400 variant-unknown", { "x-model-variant": "Next-V2" }, {}, refusing],
  [
    "an empty one isn't unknown",
    "stable slot site-a site-b site-c",
    { ...ofStable, "x-model-variant": "" },
    {},
    refusing,
  ],
  [
    "unknown, and pinned",
    "canary pin site-a site-b site-c",
    { "x-model-variant": "x" },
    {},
    { pinnedChannel: "canary" },
  ],
  ["dead here", "next variant site-b site-c", next, { "next@site-a": 0 }],
  ["dead, strict", "503 variant-unavailable", next, { next: 0 }],
  ["dead, strict: the pin is for others", "503 variant-unavailable", next, { next: 0 }, { pinnedChannel: "stable" }],
  ["dead, fallback", "canary variant-fallback site-a site-b site-c", { ...ofCanary, ...next }, { next: 0 }, fallback],
  [
    "dead, to the pin",
    "canary variant-fallback site-a site-b site-c",
    next,
    { next: 0 },
    { ...fallback, pinnedChannel: "canary" },
  ],
  [
    "dead, as is the canary",
    "stable variant-fallback site-a site-b site-c",
    { ...ofCanary, ...next },
    { next: 0, canary: 0 },
    fallback,
  ],
  ["no pool, strict", "503 variant-unavailable", next, {}, withoutPools((channel) => channel === "next")],
  ["kept out by a pool that recovers", "503 variant-unavailable", next, { next: 1e-9 }],
  [
    "served where it is drained",
    "next variant site-c",
    next,
    { "site-a": 0, "site-b": 0 },
    withRoles("placed", "placed", "drained"),
  ],
];

/* Sites. */
const bySite: readonly Case[] = [
  ["here first while placed", "stable slot site-b site-a site-c", ofStable, {}, {}, "site-b"],
  ["here is a standby: by the route", "stable slot site-a site-b site-c", ofStable, {}, {}, "site-c"],
  ["here is drained", "stable slot site-b site-c", ofStable, {}, withRoles("drained", "placed", "standby")],
  ["here is unknown to the route", "stable slot site-a site-b site-c", ofStable, {}, {}, "site-z"],
  [
    "standby after placed, however listed",
    "stable slot site-b site-c site-a",
    ofStable,
    {},
    withRoles("standby", "placed", "placed"),
    "site-b",
  ],
  ["tripped here", "stable slot site-b site-c", ofStable, { "stable@site-a": 0 }],
  ["a whole site lost", "canary slot site-a site-c", ofCanary, { "site-b": 0 }, {}, "site-b"],
  ["only the standby is left", "stable slot site-c", ofStable, { "site-a": 0, "site-b": 0 }],
  [
    "only the drained one is left",
    "stable slot site-c",
    ofStable,
    { "site-a": 0, "site-b": 0 },
    withRoles("placed", "placed", "drained"),
  ],
  [
    "a pool that isn't there",
    "canary slot site-b site-c",
    ofCanary,
    {},
    withoutPools((channel, site) => channel === "canary" && site === "site-a"),
  ],
  [
    "a pool without endpoints",
    "stable slot site-b",
    ofStable,
    {},
    { pools: chatRoute.pools.map((pool) => (pool.site === "site-b" ? pool : { ...pool, endpoints: [] })) },
  ],
  [
    "a site that the route doesn't rank comes last",
    "stable slot site-c",
    ofStable,
    { "site-a": 0, "site-b": 0 },
    withRoles("placed", "placed"),
  ],
];

/* Dead channels. */
const byDeath: readonly Case[] = [
  ["the default channel takes over", "stable channel-dead site-a site-b site-c", ofCanary, { canary: 0 }],
  ["for chance too", "canary unkeyed site-a site-b site-c", {}, { canary: 1 }, { slots: [[1, 10_000]] }],
  ["for chance too", "stable channel-dead site-a site-b site-c", {}, { canary: 0 }, { slots: [[1, 10_000]] }],
  [
    "the default channel's own death moves nobody to the canary",
    "stable slot site-a site-b site-c",
    ofStable,
    { stable: 0 },
  ],
  [
    "the default channel elsewhere, before the own where it is drained",
    "stable channel-dead site-b",
    ofCanary,
    { "canary@site-b": 0 },
    { ...withRoles("drained", "placed"), ...withoutPools((_, site) => site === "site-c") },
  ],
  [
    "the own where it is drained, before the default there",
    "canary slot site-a",
    ofCanary,
    { "site-b": 0 },
    { ...withRoles("drained", "placed"), ...withoutPools((_, site) => site === "site-c") },
  ],
  [
    "nothing admits: here",
    "canary slot site-b site-a site-c",
    ofCanary,
    { "site-a": 0, "site-b": 0, "site-c": 0 },
    {},
    "site-b",
  ],
  [
    "nothing admits: here, also as a standby",
    "canary slot site-c site-a site-b",
    ofCanary,
    { "site-a": 0, "site-b": 0, "site-c": 0 },
    {},
    "site-c",
  ],
  [
    "nothing admits, and here is drained: that last",
    "canary slot site-b site-c site-a",
    ofCanary,
    { "site-a": 0, "site-b": 0, "site-c": 0 },
    withRoles("drained", "placed", "placed"),
  ],
  [
    "nothing admits, and here is no pool",
    "canary slot site-b site-c",
    ofCanary,
    { canary: 0, stable: 0 },
    withoutPools((channel, site) => channel === "canary" && site === "site-a"),
  ],
  [
    "nothing admits, and the channel has no pool",
    "stable channel-dead site-a site-b site-c",
    ofCanary,
    { stable: 0 },
    withoutPools((channel) => channel === "canary"),
  ],
  [
    "only a third channel has pools",
    "next channel-dead site-b site-c",
    ofCanary,
    { "site-a": 0 },
    withoutPools((channel) => channel !== "next"),
  ],
  ["no pool at all", "503 no-pool", ofCanary, {}, { pools: [] }],
  ["no pool at all, pinned", "503 no-pool", ofCanary, {}, { pools: [], pinnedChannel: "canary" }],
];

for (const [fear, expected, headers, shares, change, site] of [...byOrder, ...byVariant, ...bySite, ...byDeath]) {
  test(`${fear}: ${expected}`, () => {
    assert.equal(route(compiled(change, site), factsOf(headers), admits(shares)), expected);
  });
}

test("a hop stays here, in the channel that was chosen, whatever the header and the pin say; a pool that admits nobody refuses it", () => {
  const pinned = compiled({ pinnedChannel: "stable" }, "site-b");
  const passedOn = (channel: string) => factsOf({ ...ofCanary, ...next }, { hop: { from: "site-a", channel } });
  assert.equal(route(pinned, passedOn("canary"), admits({ "site-b": 0.01 })), "canary hop site-b");
  assert.match(route(pinned, passedOn("canary"), admits({ "site-b": 0 })), /no-pool/);
  assert.equal(
    route(compiled(withRoles("placed", "drained"), "site-b"), passedOn("next"), admits()),
    "next hop site-b",
  );
  assert.equal(route(compiled(withRoles("placed"), "site-b"), passedOn("next"), admits()), "next hop site-b");
  assert.equal(route(pinned, passedOn("gone"), admits()), "503 no-pool");
  const elsewhere = compiled(
    withoutPools((_, site) => site === "site-b"),
    "site-b",
  );
  assert.equal(route(elsewhere, passedOn("canary"), admits()), "503 no-pool");
});

test("a decision says by which user and slot it was made", () => {
  const made = (headers: Headers, chance = 0.7) => routeRequest(compiled(), factsOf(headers, { chance }), admits());
  const sites = ["site-a", "site-b", "site-c"];
  const slot = { kind: "route", channel: "canary", because: "slot", user: canaryUser, slot: 6_258, sites };
  assert.deepEqual(made(ofCanary), slot);
  assert.deepEqual(made({}), { ...slot, because: "unkeyed", user: undefined, slot: 7_000 });
  const byHeader = { ...slot, channel: "next", because: "variant", slot: undefined };
  assert.deepEqual(made({ ...ofCanary, ...next }), byHeader);
});

test("of a user's name, 512 characters count", () => {
  const [long, longer] = ["u".repeat(512), "u".repeat(100_000)];
  const made = (user: string) => routeRequest(compiled(), factsOf({ "x-user-id": user }), admits());
  assert.deepEqual(made(longer), made(long));
  assert.notDeepEqual(made(long.slice(1)), made(long));
});

test("what a refusal says never repeats what the client sent", () => {
  const refused = routeRequest(compiled(refusing), factsOf({ "x-model-variant": "<script>" }), admits());
  assert.deepEqual(refused, {
    kind: "refuse",
    status: 400,
    reason: "variant-unknown",
    because: "x-model-variant names no variant of chat",
  });
});
