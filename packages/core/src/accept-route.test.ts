import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptSnapshot } from "./accept.ts";
import type { Cause } from "./cause.ts";
import type { Ask } from "./command.ts";
import {
  commandOf,
  configOfThree,
  failoverOn,
  Leader,
  overrideOf,
  serviceOn,
  withChannels,
  withGateways,
} from "./fixtures.ts";
import type { ServiceRoute } from "./route/route.ts";
import type { Snapshot } from "./snapshot.ts";

const fine = { "site-a": "healthy", "site-b": "healthy", "site-c": "healthy" } as const;
const names = ["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"];
const services = names.map((name) =>
  withChannels(serviceOn(failoverOn("site-a", "site-b"), { name, host: `${name}.example.test` }), {
    stable: 90,
    canary: 10,
  }),
);
const config = withGateways(configOfThree(...services));

function published(...turns: readonly (readonly Ask[])[]): readonly Snapshot[] {
  const leader = new Leader(config);
  leader.see(fine);
  const list = [leader.world.durable.snapshot];
  for (const asks of turns) {
    leader.see(
      fine,
      asks.map((ask, at) => commandOf(ask, { id: `c${at}` })),
    );
    list.push(leader.world.durable.snapshot);
  }
  return list.flatMap((snapshot) => snapshot ?? []);
}
const [held] = published();
assert.ok(held?.services[0]?.route);

type Edit = (route: ServiceRoute) => ServiceRoute | undefined;

/** The next snapshot, in which the routes of the first `count` services are edited. */
function next(
  edit: Edit,
  { count = 8, causes = [] as readonly Cause[], more = {} as Partial<Snapshot> } = {},
): Snapshot {
  const edited = held?.services.map(({ route, ...entry }, at) => {
    const after = route && at < count ? edit(route) : route;
    return { ...entry, ...(after ? { route: after } : {}) };
  });
  const fence = { installation: "lab", epoch: 1, sequence: (held?.fence.sequence ?? 0) + 100 };
  return { ...(held as Snapshot), fence, causes, services: edited ?? [], ...more };
}

const kept: Edit = (route) => route;
const split: Edit = (route) => ({ ...route, slots: [[1, 10_000]] });
const shown: Edit = (route) => ({ ...route, channels: route.channels.map((channel) => ({ ...channel, weight: 1 })) });
const pinned: Edit = (route) => ({ ...route, pinnedChannel: "canary" });
const moved: Edit = (route) => ({ ...route, sites: route.sites.toReversed() });
const gone: Edit = () => undefined;
const poolless: Edit = (route) => ({ ...route, pools: route.pools.filter(({ channel }) => channel === "stable") });
const settings: Readonly<Record<string, Edit>> = {
  "other endpoints": (route) => ({
    ...route,
    pools: route.pools.map((pool) => ({ ...pool, endpoints: ["192.0.2.1:1"] })),
  }),
  "a pool less": (route) => ({ ...route, pools: route.pools.slice(1) }),
  "another salt": (route) => ({ ...route, salt: route.salt + 1 }),
  "another affinity header": (route) => ({ ...route, affinityHeaders: ["x-other"] }),
  "a variant": (route) => ({
    ...route,
    variant: { header: "x-v", values: [], whenDead: "strict", whenUnknown: "split" },
  }),
  "another grace": (route) => ({ ...route, drainGraceMs: 1 }),
  "a channel more": (route) => ({ ...route, channels: [...route.channels, { name: "late", weight: 0 }] }),
  "a site less": (route) => ({ ...route, sites: route.sites.slice(0, 1) }),
};
const operator = (service?: string): Cause => ({
  kind: "operator",
  command: "weights stable=0 canary=1",
  by: "anna",
  ...(service === undefined ? {} : { service }),
});
const byConfig: readonly Cause[] = [{ kind: "config", revision: 2 }];
const leader: readonly Cause[] = [{ kind: "leader", epoch: 1 }];
const evacuate: readonly Cause[] = [{ kind: "evacuate", site: "site-a" }];

const table: readonly [string, Snapshot, string][] = [
  ["nothing changed", next(kept), "accept"],
  ["all users of one service, without a cause", next(split, { count: 1 }), "accept"],
  ["a quarter of the services, without a cause", next(split, { count: 2 }), "accept"],
  ["more than a quarter, without a cause", next(split, { count: 3 }), "change-budget"],
  ["as many, by a new leader", next(split, { count: 3, causes: leader }), "change-budget"],
  ["all, by an operator's word on each", next(split, { causes: names.map(operator) }), "accept"],
  ["all, by an operator's word on all", next(split, { causes: [operator()] }), "accept"],
  ["all, by an operator's word on one", next(split, { causes: [operator("s1")] }), "change-budget"],
  [
    "all, as a site is evacuated: that moves no user to another channel",
    next(split, { causes: evacuate }),
    "change-budget",
  ],
  ["weights that are only shown", next(shown), "change-budget"],
  ["a pin of all without a cause", next(pinned), "change-budget"],
  ["a pin of all by an operator", next(pinned, { causes: [operator()] }), "accept"],
  ["an end of pins", next(pinned, { causes: names.map((service) => ({ kind: "override-ended", service })) }), "accept"],
  ["other sites first, without a cause", next(moved), "change-budget"],
  ["other sites first, as a site is evacuated", next(moved, { causes: evacuate }), "accept"],
  ["routes gone", next(gone, { count: 1 }), "unroutable"],
  ["routes gone, by an operator", next(gone, { causes: [operator()] }), "unroutable"],
  ["routes gone by configuration", next(gone, { causes: byConfig, more: { gateways: [] } }), "accept"],
  ["users without a pool, even by configuration", next(poolless, { count: 1, causes: byConfig }), "unroutable"],
  ["slots that don't sum up", next((route) => ({ ...route, slots: [[0, 9_999]] }), { causes: byConfig }), "unroutable"],
  ["other gateways without a word", next(kept, { more: { gateways: [] }, causes: [operator()] }), "change-budget"],
  ["other gateways by configuration", next(kept, { more: { gateways: [] }, causes: byConfig }), "accept"],
  ...Object.entries(settings).flatMap(([name, edit]): [string, Snapshot, string][] => [
    [`${name}, by an operator`, next(edit, { count: 1, causes: [operator()] }), "change-budget"],
    [`${name}, by configuration`, next(edit, { causes: byConfig }), "accept"],
  ]),
];

for (const [name, offered, expected] of table) {
  test(`${name}: ${expected}`, () => {
    const result = acceptSnapshot(held, offered);
    assert.equal(result.kind === "refuse" ? result.because : result.kind, expected, JSON.stringify(result));
  });
}

test("the first snapshot is held to the floor too", () => {
  assert.equal(acceptSnapshot(undefined, next(split)).kind, "accept");
  assert.equal(acceptSnapshot(undefined, next(poolless)).kind, "refuse");
});

test("what a newer arbiter says beyond what is known here is no reason to refuse", () => {
  const more: Edit = (route) =>
    ({ ...route, pools: route.pools.map((pool) => ({ ...pool, zone: "x" })), mirror: 1 }) as ServiceRoute;
  assert.equal(acceptSnapshot(held, next(more)).kind, "accept");
});

test("routes that a snapshot did not have yet come with a configuration, or one by one", () => {
  const without = next(gone, { causes: byConfig, more: { gateways: [] } });
  const fence = { ...without.fence, sequence: without.fence.sequence + 1 };
  const back = { ...next(kept), fence };
  assert.equal(acceptSnapshot(without, back).kind, "refuse");
  assert.equal(acceptSnapshot(without, { ...back, causes: byConfig }).kind, "accept");
});

test("a node that missed any number of a real leader's snapshots takes the last one: weights, pins, drains, moves", () => {
  const set = (service: string, canary: number): Ask => ({
    kind: "set-weights",
    service,
    weights: { stable: 100 - canary, canary },
  });
  const list = published(
    names.map((name) => set(name, 20)),
    names.map((service): Ask => ({ kind: "failover", service, to: "site-b" })),
    names.map(
      (service): Ask => ({
        kind: "set-override",
        override: overrideOf("pin", { id: service, service, channel: "canary" }),
      }),
    ),
    [{ kind: "set-override", override: overrideOf("drain", { id: "d", site: "site-a" }) }],
    names.map((service): Ask => ({ kind: "end-override", id: service })),
    [{ kind: "end-override", id: "d" }],
    names.map((name) => set(name, 90)),
    [{ kind: "failback" }],
  );
  assert.equal(list.length, 9);
  for (const [index, current] of list.entries()) {
    for (const later of list.slice(index + 1)) assert.deepEqual(acceptSnapshot(current, later), { kind: "accept" });
  }
});
