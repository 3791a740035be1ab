import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceRoute } from "./route.ts";
import { whyNotRoute } from "./why-not-route.ts";

const pool = (channel: string, site: string) =>
  ({ channel, site, endpoints: ["127.0.0.1:1"], protocol: "http1" }) as const;
const good: ServiceRoute = {
  channels: [
    { name: "stable", weight: 90 },
    { name: "canary", weight: 10 },
    { name: "experiment", weight: 0 },
  ],
  salt: 1,
  slots: [
    [0, 9_000],
    [1, 1_000],
  ],
  affinityHeaders: [],
  sites: [
    { site: "a", role: "placed" },
    { site: "b", role: "drained" },
  ],
  pools: [pool("stable", "a"), pool("canary", "b")],
  drainGraceMs: 0,
};

const table: readonly [string, Partial<ServiceRoute>, string | undefined][] = [
  ["all is well, and a channel without users needs no pool", {}, undefined],
  ["a pin to a channel that is served", { pinnedChannel: "canary" }, undefined],
  ["no pool", { pools: [] }, "it has no pool"],
  ["pools in no site that is routed to", { pools: [pool("stable", "c")] }, "it has no pool"],
  ["a slot too few", { slots: [[0, 9_999]] }, "its slots sum to 9999, not 10000"],
  ["a slot too many", { slots: [[0, 10_001]] }, "its slots sum to 10001, not 10000"],
  ["no slots", { slots: [] }, "its slots sum to 0, not 10000"],
  ["slots of nobody", { slots: [[3, 10_000]] }, "a slot belongs to a channel that isn't listed"],
  ["users without a pool", { pools: [pool("stable", "a")] }, "users belong to canary, which has no pool"],
  [
    "a pool elsewhere",
    { pools: [pool("stable", "a"), pool("canary", "c")] },
    "users belong to canary, which has no pool",
  ],
  ["a pin to nothing", { pinnedChannel: "experiment" }, "users belong to experiment, which has no pool"],
];

for (const [name, more, expected] of table) {
  test(`${name}: ${expected ?? "can be routed by"}`, () => assert.equal(whyNotRoute({ ...good, ...more }), expected));
}
