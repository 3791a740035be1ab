import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Blamed, blamedKey, blamedNow } from "./blamed.ts";
import { chat, configOfThree } from "./fixtures.ts";
import { epochMs, monoMs } from "./model.ts";
import { type Table, tableOf } from "./table.ts";
import { blame } from "./traffic/common-mode.ts";
import type { TrafficState } from "./traffic/report.ts";
import type { Trip } from "./trip.ts";
import type { VerdictState } from "./world.ts";

const sites = ["site-a", "site-b", "site-c"];
const pools = (...channels: readonly string[]) =>
  channels.flatMap((channel) => sites.map((site) => ({ ...chat.pools[0], channel, site }) as (typeof chat.pools)[0]));
const embed = { ...chat, name: "embed", host: "embed.example.test", pools: pools("stable") };
const config = configOfThree({ ...chat, pools: pools("stable", "canary") }, embed);

type Seen = TrafficState | number | readonly [number, number] | undefined;

/** By pool without its site, what each of the three sites is like: a state; or since when it has tripped, and since when not. */
function verdictsOf(seen: Readonly<Record<string, readonly Seen[]>>): Table<VerdictState> {
  const entries = Object.entries(seen).flatMap(([pool, bySite]) =>
    bySite.map((each, at): [string, VerdictState] => {
      const well = { forMs: 0, atMs: 0 };
      const base = { verdict: { kind: "healthy", because: "majority" }, since: epochMs(0), well } as const;
      return [`pool:${pool}@${sites[at]}`, { ...base, ...stateOf(each) }];
    }),
  );
  return tableOf(entries);
}

function stateOf(seen: Seen): Pick<VerdictState, "trip" | "traffic"> {
  if (seen === undefined) return {};
  if (typeof seen === "string") return { traffic: { state: seen, because: "" } };
  const [beganMs, overMs] = typeof seen === "number" ? [seen, 0] : seen;
  const trip: Trip = { standing: "said", beganAtMs: -beganMs };
  return { trip: overMs > 0 ? { ...trip, standing: "over", stoodAtMs: -overMs } : trip };
}

const [well, thin] = ["healthy", "insufficient-data"] as const;
const table: readonly [string, Readonly<Record<string, readonly Seen[]>>, readonly string[]][] = [
  ["nothing, while all is well", { "chat/stable": [well, well, well] }, []],
  ["a site, when one tripped", { "chat/stable": [500, well, thin] }, []],
  ["a site, when all that one site can judge tripped", { "chat/stable": [500, thin], "embed/stable": [500, thin] }, []],
  ["the channel, when two sites tripped together", { "chat/stable": [500, 30_500, well] }, ["chat/stable"]],
  ["two sites, when they tripped apart", { "chat/stable": [500, 30_501, well] }, []],
  ["the channel, when one came back a moment ago", { "chat/stable": [9_000, [8_000, 500], well] }, ["chat/stable"]],
  ["each site, when other channels tripped", { "chat/stable": [500, well], "chat/canary": [well, 500] }, []],
  ["a channel that doesn't steer DNS, too", { "chat/canary": [500, 600], "chat/stable": [well] }, ["chat/canary"]],
  [
    "the channels, as long as any pool is well",
    { "chat/stable": [1, 2], "chat/canary": [1, 2], "embed/stable": [well] },
    ["chat/stable", "chat/canary"],
  ],
  [
    "ourselves, when no pool that can be judged is well",
    { "chat/stable": [1, 2, thin], "chat/canary": [thin, undefined], "embed/stable": [1, 2] },
    ["ourselves"],
  ],
  [
    "ourselves, when the only channel that can be judged tripped everywhere",
    { "chat/stable": [1, 2, thin] },
    ["ourselves"],
  ],
  [
    "the channel alone, when another tripped in one site long ago and in another now",
    { "chat/stable": [1, 2], "embed/stable": [90_000, 1] },
    ["chat/stable"],
  ],
];

for (const [name, seen, expected] of table) {
  test(`to blame is ${name}`, () => assert.deepEqual(blamedNow(config, verdictsOf(seen)).map(blamedKey), expected));
}

test("a blamed channel names the sites whose trips lie together, and no other", () => {
  const blamed = blamedNow(config, verdictsOf({ "chat/stable": [500, 90_000, 900] }));
  const expected: Blamed = { kind: "channel", service: "chat", channel: "stable", sites: ["site-a", "site-c"] };
  assert.deepEqual(blamed, [expected]);
});

test("it blames what comparing each pool with every other does", () => {
  const anySite = fc.oneof(
    fc.constantFrom<Seen>(well, thin, undefined),
    fc.nat({ max: 60_000 }),
    fc.nat({ max: 60_000 }),
  );
  const anyPool = fc.array(anySite, { minLength: 3, maxLength: 3 });
  const anySeen = fc.record({ "chat/stable": anyPool, "chat/canary": anyPool, "embed/stable": anyPool });
  fc.assert(
    fc.property(anySeen, (seen) => {
      const verdicts = verdictsOf(seen);
      const all = Object.entries(seen).flatMap(([channel, bySite]) =>
        bySite.flatMap((each, at) => {
          if (each === undefined || each === thin) return [];
          const trippedAt = typeof each === "number" ? monoMs(-each) : undefined;
          return [{ channel, site: sites[at] ?? "", trippedAt }];
        }),
      );
      const kinds = all.map((pool) => ({ pool, found: blame(pool, all) }));
      const isOurs = kinds.some(({ found }) => found?.kind === "ourselves");
      const channels = kinds.flatMap(({ found }) => (found?.kind === "channel" ? [found.channel] : []));
      const expected = isOurs ? ["ourselves"] : [...new Set(channels)].sort();
      assert.deepEqual(blamedNow(config, verdicts).map(blamedKey).sort(), expected);
    }),
    { numRuns: 500 },
  );
});
