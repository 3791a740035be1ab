import assert from "node:assert/strict";
import { test } from "node:test";
import { type Event, type EventKind, sentence } from "./event.ts";
import { overrideOf } from "./fixtures.ts";
import { epochMs } from "./model.ts";
import { onSite } from "./placement.ts";
import { tally } from "./tally.ts";

const fence = { installation: "lab", epoch: 3, sequence: 41 };
const target = "pool:chat/stable@site-a";
const [service, site, by, agent] = ["chat", "site-a", "anna", "agent-w"];
const counted = tally([{ agent, domain: "witness", target, opinion: "down" }], ["site-a", "witness"], site);
const down = { kind: "down", because: "majority" } as const;
const healthy = { kind: "healthy", because: "majority" } as const;
const decision = {
  sequence: 41,
  at: epochMs(0),
  service,
  situation: "site-down-standby-ready",
  from: onSite("site-a"),
  to: onSite("site-b"),
  cause: { kind: "evacuate", site },
  because: "it is down",
} as const;
const until = epochMs(Date.parse("2026-03-01T04:05:06.789Z"));

type Telling = { readonly [Kind in EventKind]: readonly [Omit<Extract<Event, { kind: Kind }>, "kind">, string] };
const table: Telling = {
  suspected: [
    { target, agent, failingSince: epochMs(0), detail: "ECONNREFUSED" },
    `agent-w sees ${target} fail: ECONNREFUSED`,
  ],
  "vote-changed": [
    { target, agent, from: "healthy", to: "down" },
    `agent-w now holds ${target} to be down (was healthy)`,
  ],
  untold: [{ what: "vote-changed", count: 9_000 }, "9000 more of vote-changed at once are not told one by one"],
  "traffic-changed": [
    { target, agent, from: "suspect", to: "tripped", because: "12 of 40 failed" },
    `agent-w hears that ${target} is tripped (was suspect): 12 of 40 failed`,
  ],
  "verdict-changed": [
    { target, from: healthy, to: down, tally: counted },
    `${target} is down (was healthy), because majority: 0 healthy, 0 degraded, 1 down, 1 unknown of 2`,
  ],
  blamed: [
    { what: { kind: "channel", service, channel: "stable", sites: ["site-a", "site-b"] } },
    "chat/stable went bad in site-a and site-b at about the same time: the channel is to blame, not the sites; no degraded site is left for it",
  ],
  "blame-ended": [{ what: { kind: "ourselves", pools: 4 } }, "no longer to blame: ourselves"],
  "vantage-lost": [{ domain: "witness" }, "no fresh vote from witness any more"],
  "vantage-back": [{ domain: "witness" }, "witness votes again"],
  "stale-inputs": [
    { fresh: 1, needed: 2 },
    "only 1 of the 2 fresh vantages needed; nothing moves by itself until they are back",
  ],
  "inputs-fresh": [{ fresh: 2 }, "2 vantages are fresh; automation is on again"],
  "situation-changed": [{ service, from: "serving", to: "site-unknown" }, "chat: site-unknown (was serving)"],
  decided: [{ decision }, "chat: site-a → site-b (evacuate site-a), because it is down"],
  held: [
    { service, wanted: onSite("site-b"), rule: "cool-down", because: "it moved a moment ago" },
    "chat would move to site-b, held by cool-down: it moved a moment ago",
  ],
  latched: [
    { service, moves: 2 },
    "chat is latched to manual after 2 automatic moves within an hour; an operator must look",
  ],
  released: [{ service, by }, "anna released the latch of chat"],
  "weights-set": [
    {
      service,
      sequence: 41,
      from: [
        { name: "stable", weight: 95 },
        { name: "canary", weight: 5 },
      ],
      to: [
        { name: "stable", weight: 90 },
        { name: "canary", weight: 10 },
      ],
      movedSlots: 525,
      unproven: ["canary"],
      by,
      reason: "it looks well",
    },
    "anna set the weights of chat to stable 90, canary 10 (were stable 95, canary 5), 5.25 % of the users move; no pool of canary is known to serve: it looks well",
  ],
  "override-set": [
    { override: overrideOf("pin", { service, site, until }) },
    "anna set pin site-a for chat until 2026-03-01T04:05:06.789Z: test",
  ],
  "override-ended": [{ id: "o1", because: "expired" }, "override o1 ended (expired)"],
  quarantined: [{ service, site, because: "down" }, "site-a is quarantined for chat: left as down"],
  readmitted: [{ service, site, because: "operator" }, "site-a may serve chat again (operator)"],
  refused: [
    { command: "failover", by, code: "FLOOR", because: "it would be empty" },
    "refused failover by anna: FLOOR, it would be empty",
  ],
  "rule-overridden": [
    { service, rule: "last-serving-site", by, reason: "a drill" },
    "anna overrode last-serving-site for chat: a drill",
  ],
  "config-applied": [{ revision: 7, by }, "config revision 7 applied by anna"],
  "keyset-taken": [{ version: 4, revoked: ["agent-a"] }, "keyset 4 is in force; revoked: agent-a"],
  "leader-elected": [{ arbiter: "w", epoch: 3 }, "w leads, epoch 3"],
  "leader-resigned": [
    { arbiter: "w", epoch: 3, because: "it was stopped" },
    "w no longer leads epoch 3: it was stopped",
  ],
  "lead-forced": [{ arbiter: "w", by, reason: "a drill" }, "anna lets w lead without enough fresh vantages: a drill"],
  adopted: [
    { fence, from: "ns-a", ended: ["o1", "o2"] },
    "adopted lab:3.41 from ns-a: it is newer than the store, and contradicts the overrides o1, o2, which end",
  ],
  diverged: [{ detail: "two worlds" }, "diverged, frozen until an operator chooses: two worlds"],
  "failsafe-entered": [
    { epoch: 3, promisedBy: ["b"] },
    "the store is away: epoch 3 goes on in failsafe, by promises of b",
  ],
  "failsafe-ended": [{ epoch: 3, because: "the store is back" }, "failsafe of epoch 3 ended: the store is back"],
  "written-back": [
    { leader: "w", epoch: 3, number: 1, isRecordOnly: true },
    "wrote back what w did in failsafe, epoch 3, entry 1; another leader had come first, so it is a record alone",
  ],
  applied: [{ nameserver: "ns-a", fence }, "ns-a serves lab:3.41"],
  "gateway-applied": [{ gateway: "gateway-a", fence }, "gateway-a routes by lab:3.41"],
  verified: [
    { service, fence, servers: ["ns-b"], missing: ["ns-a"] },
    "chat: 1 nameservers answer by lab:3.41, not reached: ns-a",
  ],
};

for (const [kind, [facts, expected]] of Object.entries(table)) {
  test(`${kind}: ${expected}`, () => assert.equal(sentence({ kind, ...facts } as Event), expected));
}

test("an override is told with the site, the channel or both", () => {
  const told = (more: object) =>
    sentence({ kind: "override-set", override: overrideOf("pin", { until, service, ...more }) });
  assert.match(told({ channel: "stable" }), /^anna set pin channel stable for chat/);
  assert.match(told({ site, channel: "stable" }), /^anna set pin site-a channel stable for chat/);
});

test("sentences leave out what there is nothing of", () => {
  assert.equal(
    sentence({ kind: "adopted", fence, from: "ns-a" }),
    "adopted lab:3.41 from ns-a: it is newer than the store",
  );
  assert.equal(
    sentence({ kind: "verified", service, fence, servers: ["a", "b"], missing: [] }),
    "chat: 2 nameservers answer by lab:3.41",
  );
  assert.equal(
    sentence({ kind: "override-set", override: overrideOf("freeze", { until }) }),
    "anna set freeze for every service until 2026-03-01T04:05:06.789Z: test",
  );
});
