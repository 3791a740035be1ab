import assert from "node:assert/strict";
import { test } from "node:test";
import { adopt, adoptInto, type Found } from "./adopt.ts";
import {
  commandOf,
  configOf,
  configOfThree,
  failoverOn,
  Leader,
  overrideOf,
  serviceOn,
  withChannels,
  withGateways,
} from "./fixtures.ts";
import { onSite } from "./placement.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Durable } from "./world.ts";

const [up, down] = ["healthy", "down"] as const;
const fine = { "site-a": up, "site-b": up, "site-c": up };
const embed = serviceOn(failoverOn("site-b", "site-a"), { name: "embed", host: "embed.example.test" });
const chat = serviceOn(failoverOn("site-a", "site-b", "site-c"));

/** A world as a backup kept it, and the leader that went on after the backup was made. */
function restored(config = configOfThree(chat, embed)): { store: Durable; leader: Leader } {
  const leader = new Leader(config);
  leader.see(fine);
  return { store: leader.world.durable, leader };
}

function served(leader: Leader, from = "ns-a"): Found {
  const { snapshot } = leader.world.durable;
  assert.ok(snapshot);
  return { from, snapshot: structuredClone(snapshot) };
}
const withFence = (found: Found, fence: Partial<Snapshot["fence"]>): Found => ({
  ...found,
  snapshot: { ...found.snapshot, fence: { ...found.snapshot.fence, ...fence } },
});

test("keeps the store's world when nothing newer is served", () => {
  const { store, leader } = restored();
  assert.equal(adopt(store, []).kind, "keep");
  assert.equal(adopt(store, [served(leader)]).kind, "keep");
  leader.ask({ kind: "failover", service: "chat", to: "site-b" }, fine);
  assert.equal(adopt(leader.world.durable, [{ from: "ns-a", snapshot: store.snapshot as Snapshot }]).kind, "keep");
});

test("adopts the newest of several, also into an empty store", () => {
  const { store, leader } = restored();
  leader.ask({ kind: "failover", service: "chat", to: "site-b" }, fine);
  const older = served(leader, "ns-old");
  leader.ask({ kind: "failover", service: "chat", to: "site-c" }, fine);
  const newest = served(leader, "ns-new");
  for (const found of [
    [older, newest],
    [newest, older],
  ]) {
    for (const durable of [store, { ...store, snapshot: undefined }])
      assert.deepEqual(adopt(durable, found), { kind: "adopt", found: newest });
  }
});

const disagreements: readonly [string, (found: Found) => readonly Found[]][] = [
  ["another installation", (found) => [withFence(found, { installation: "other" })]],
  [
    "equal fence, other content, newer than the store",
    (found) => [found, { from: "ns-b", snapshot: { ...found.snapshot, causes: [] } }],
  ],
  ["an epoch out of all proportion", (found) => [withFence(found, { epoch: 1_002 })]],
  [
    "a service the store doesn't know",
    (found) => [
      {
        ...found,
        snapshot: {
          ...found.snapshot,
          services: found.snapshot.services.map((entry) => ({ ...entry, service: `${entry.service}-2` })),
        },
      },
    ],
  ],
  [
    "a place the store doesn't know",
    (found) => [
      {
        ...found,
        snapshot: {
          ...found.snapshot,
          services: found.snapshot.services.map((entry) => ({
            ...entry,
            choices: [{ site: "site-z", share: 1, addresses: ["x"] }],
          })),
        },
      },
    ],
  ],
];

for (const [name, make] of disagreements) {
  test(`disagrees, and asks: ${name}`, () => {
    const { store, leader } = restored();
    leader.ask({ kind: "failover", service: "chat", to: "site-b" }, fine);
    const adoption = adopt(store, make(served(leader)));
    assert.ok(adoption.kind === "disagree" && adoption.detail.length > 20);
  });
}

test("equal fence, other content than the store's, is a disagreement", () => {
  const { store, leader } = restored();
  const forged = served(leader);
  assert.equal(adopt(store, [{ ...forged, snapshot: { ...forged.snapshot, causes: [] } }]).kind, "disagree");
});

test("the adopted world is what is served, and stays so; the next fence and serial are above it", () => {
  const { store, leader } = restored();
  leader.see({ ...fine, "site-a": down });
  const found = served(leader);
  const adopted = adoptInto(store, found);
  assert.deepEqual(adopted.services["chat"]?.served, onSite("site-b"));
  assert.deepEqual(
    adopted.services["chat"]?.quarantine.map(({ site, because }) => [site, because]),
    [["site-a", "down"]],
  );
  assert.deepEqual(adopted.services["embed"]?.quarantine, []);
  const heir = new Leader(adopted.config);
  heir.world = { ...heir.world, durable: adopted };
  heir.epoch = found.snapshot.fence.epoch + 1;
  const { change } = heir.see(fine);
  assert.deepEqual(heir.answered, ["site-b"], "nothing older is re-asserted");
  assert.deepEqual(change?.decisions, []);
  const grown = ((change?.snapshot?.zone.serial ?? 0) - found.snapshot.zone.serial) >>> 0;
  assert.ok(grown > 0 && grown < 2 ** 31, "the serial grows by RFC 1982");
  assert.ok((change?.durable.sequence ?? 0) > found.snapshot.fence.sequence);
});

test("overrides that contradict what is served end, the others stay", () => {
  const { leader } = restored();
  const set = (id: string, kind: "pin" | "drain" | "freeze", more = {}) =>
    commandOf({ kind: "set-override", override: overrideOf(kind, { id, ...more }) }, { id });
  leader.see(fine, [
    set("pin", "pin", { service: "chat", site: "site-c" }),
    set("drain", "drain", { site: "site-a" }),
    set("freeze", "freeze"),
  ]);
  const store = leader.world.durable;
  leader.ask({ kind: "end-override", id: "pin" }, fine);
  leader.ask({ kind: "failover", service: "chat", to: "site-b" }, fine);
  const adopted = adoptInto(store, served(leader));
  assert.deepEqual(
    adopted.overrides.map(({ id }) => id),
    ["drain", "freeze"],
  );
});

test("services that only the store knows keep their place", () => {
  const { store, leader } = restored();
  leader.ask({ kind: "failover", service: "chat", to: "site-b" }, fine);
  const found = served(leader);
  const partial = { ...found, snapshot: { ...found.snapshot, services: found.snapshot.services.slice(0, 1) } };
  const adopted = adoptInto(store, partial);
  assert.deepEqual(adopted.services["embed"], store.services["embed"]);
});

test("a lost configuration comes back under a number above the lost one", () => {
  const { store, leader } = restored();
  leader.ask({ kind: "apply-config", config: configOfThree(chat, embed), revisionBefore: 1 }, fine);
  assert.equal(adoptInto(store, served(leader)).configRevision, 3);
  assert.equal(adoptInto(leader.world.durable, served(leader)).configRevision, 2);
});

test("the sorry address and failing open are adopted as what they are", () => {
  for (const allBad of [{ kind: "failOpen" }, { kind: "sorry", addresses: ["127.0.0.99"] }] as const) {
    const { store, leader } = restored(configOf({ allBad }));
    leader.see({ "site-a": down, "site-b": down });
    const adopted = adoptInto(store, served(leader));
    assert.deepEqual(adopted.services["chat"]?.served, leader.state?.served);
  }
});

const weighed = withGateways(
  configOfThree(withChannels(chat, { stable: 90, canary: 10, experiment: 0 }), withChannels(embed, { stable: 100 })),
);
const set = (weights: Readonly<Record<string, number>>) => ({ kind: "set-weights", service: "chat", weights }) as const;

test("weights are adopted as gateways route by them, and every user stays where he is", () => {
  const { store, leader } = restored(weighed);
  leader.ask(set({ stable: 50, canary: 20, experiment: 30 }), fine);
  leader.ask(set({ stable: 60, canary: 40, experiment: 0 }), fine);
  const adopted = adoptInto(store, served(leader));
  assert.deepEqual(adopted.services["chat"]?.weights, leader.state?.weights);
  assert.equal(adopted.services["chat"]?.weightsSequence, leader.world.durable.snapshot?.fence.sequence);
  assert.deepEqual(adopted.services["embed"], store.services["embed"]);
  const heir = new Leader(adopted.config);
  heir.world = { ...heir.world, durable: adopted };
  heir.epoch = 2;
  const { change } = heir.see(fine);
  assert.deepEqual(change?.snapshot?.causes, [{ kind: "leader", epoch: 2 }]);
  assert.deepEqual(heir.route, leader.route);
});

test("what the store knows of the past of the slots is kept where it says what is served", () => {
  const { leader } = restored(weighed);
  leader.ask(set({ stable: 50, canary: 50 }), fine);
  const store = leader.world.durable;
  leader.ask({ kind: "failover", service: "chat", to: "site-b" }, fine);
  const adopted = adoptInto(store, served(leader));
  assert.equal(adopted.services["chat"]?.slots, store.services["chat"]?.slots);
  assert.equal(adopted.services["chat"]?.weightsSequence, store.services["chat"]?.weightsSequence);
});

test("a channel that the store's configuration doesn't know, or has no pool for, gives its users back", () => {
  const { leader } = restored(weighed);
  leader.ask(set({ stable: 50, canary: 0, experiment: 50 }), fine);
  for (const [channels, expected] of [
    [
      { stable: 90, canary: 10 },
      [
        { name: "stable", weight: 50 },
        { name: "canary", weight: 0 },
      ],
    ],
    [{ canary: 100 }, undefined],
  ] as const) {
    const older = new Leader(
      withGateways(configOfThree(withChannels(chat, channels), withChannels(embed, { stable: 100 }))),
    );
    older.see(fine);
    const adopted = adoptInto(older.world.durable, served(leader));
    assert.deepEqual(adopted.services["chat"]?.weights, expected);
    const heir = new Leader(adopted.config);
    heir.world = { ...heir.world, durable: adopted };
    heir.epoch = 2;
    heir.see(fine);
    assert.equal(
      heir.route?.slots.reduce((sum, [, count]) => sum + count, 0),
      10_000,
    );
  }
});

test("a pin to a channel that gateways don't hold to has ended; the one that they hold to stays", () => {
  const { leader } = restored(weighed);
  const pin = (id: string, channel: string) =>
    leader.ask({ kind: "set-override", override: overrideOf("pin", { id, service: "chat", channel }) }, fine);
  pin("old", "experiment");
  const store = leader.world.durable;
  const ids = ({ overrides }: Durable): readonly string[] => overrides.map(({ id }) => id);
  leader.ask({ kind: "failover", service: "chat", to: "site-b" }, fine);
  assert.deepEqual(ids(adoptInto(store, served(leader))), ["old"]);
  pin("new", "canary");
  assert.deepEqual(ids(adoptInto(store, served(leader))), []);
});

test("a pin to a channel that is lost with the database is let go with a cause, so that nodes take it", () => {
  const { store, leader } = restored(weighed);
  leader.ask({ kind: "set-override", override: overrideOf("pin", { service: "chat", channel: "canary" }) }, fine);
  const adopted = adoptInto(store, served(leader));
  const heir = new Leader(adopted.config);
  heir.world = { ...heir.world, durable: adopted };
  heir.epoch = 2;
  const { change } = heir.see(fine);
  assert.deepEqual(change?.snapshot?.causes, [
    { kind: "leader", epoch: 2 },
    { kind: "override-ended", service: "chat" },
  ]);
});
