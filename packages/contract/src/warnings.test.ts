import assert from "node:assert/strict";
import { test } from "node:test";
import { checkConfig } from "./parse-config.ts";
import { labWith } from "./test-lab.ts";

/** The lab's objective of 30 s is tighter than what browsers keep, and it says so. */
const browsers = { "services[0].rtoSeconds": /browsers may stay 60 s longer/, "services[1].rtoSeconds": /browsers/ };
const twoSites = {
  "sites[2]": undefined,
  electorate: ["site-a", "site-b"],
  "store.site": "site-a",
  "store.acceptStoreRisk": "a trial",
};
const moved = { "arbiters[0].site": "site-a", "agents[2].site": "site-a", "nameservers[2].site": "site-a" };

const rows: readonly (readonly [string, Readonly<Record<string, unknown>>, Readonly<Record<string, RegExp>>])[] = [
  ["an objective below what browsers keep", {}, browsers],
  [
    "a TTL above 30 s",
    { "services[0].ttlSeconds": 31, "services[0].rtoSeconds": 180, "services[1].rtoSeconds": 180 },
    { "services[0].ttlSeconds": /for 31 s after a failover/ },
  ],
  [
    "two domains with three vantages, and a store in a serving site",
    { ...twoSites, ...moved, sites: (labWith({}) as { sites: unknown[] }).sites.slice(0, 2), "sites[2]": undefined },
    {
      ...browsers,
      electorate: /with 2 failure domains the loss of a whole site never moves traffic by itself/,
      "store.acceptStoreRisk": /accepted: if site-a is lost with the store/,
    },
  ],
  [
    "one domain with one vantage",
    { electorate: ["site-w"], agents: [{ name: "agent-w", site: "site-w", url: "http://127.0.3.1:7401" }] },
    { ...browsers, agents: /^1 vantage in the electorate; fewer than three/, electorate: /with 1 failure domain the/ },
  ],
  [
    "a vantage that is not in the electorate",
    { electorate: ["site-a", "site-w"] },
    { ...browsers, agents: /^2 vantages in the electorate/, electorate: /with 2 failure domains/ },
  ],
  [
    "a risk that there is not",
    { "store.acceptStoreRisk": "we forgot" },
    { ...browsers, "store.acceptStoreRisk": /no risk to accept/ },
  ],
  [
    "a weight for a channel in no site, where nothing routes by channel",
    { gateways: undefined, "services[0].channels[3]": { name: "experiment", weight: 1 } },
    { ...browsers, "services[0].channels[3]": /experiment has a weight, but a pool in no site/ },
  ],
  [
    "a serving site without a gateway, where another has one",
    { "gateways[1].site": "site-a" },
    { ...browsers, gateways: /^site-b has none: what DNS sends there is not split/ },
  ],
  [
    "a variant that nothing serves",
    {
      "services[0].variant.values[0].channel": "late",
      "services[0].channels[3]": { name: "late", weight: 0 },
    },
    { ...browsers, "services[0].variant.values[0].channel": /late has a pool in no site of the policy/ },
  ],
  [
    "a range that opens nothing",
    { "probes.allow[1]": "10.0.0.0/8" },
    { ...browsers, "probes.allow[1]": /10\.0\.0\.0\/8 opens nothing/ },
  ],
  [
    "nothing in ranges that hold loopback",
    { "probes.allow": ["0.0.0.0/0", "::/0", "127.0.1.1/32", "127.0.0.0/16"] },
    browsers,
  ],
];

for (const [name, changes, expected] of rows) {
  test(`accepts, and warns about ${name}`, () => {
    const checked = checkConfig(labWith(changes));
    assert.equal(checked.kind, "ok", JSON.stringify(checked, null, 1));
    assert.deepEqual(
      checked.warnings.map((warning) => warning.path).sort(),
      Object.keys(expected).sort(),
      JSON.stringify(checked.warnings, null, 1),
    );
    for (const { path, message, hint } of checked.warnings) {
      assert.match(message, expected[path] ?? /^$/);
      assert.ok(hint !== undefined && hint.length > 5, `${path} has no hint`);
    }
  });
}
