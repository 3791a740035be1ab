import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptSnapshot } from "./accept.ts";
import type { Cause } from "./cause.ts";
import { commandOf, configOfThree, failoverOn, Leader, serviceOn } from "./fixtures.ts";
import { epochMs } from "./model.ts";
import type { AnswerChoice, ServiceSnapshot, Snapshot } from "./snapshot.ts";

const at = (site: string, ...addresses: readonly string[]): AnswerChoice => ({
  site,
  share: 1,
  addresses: addresses.length > 0 ? addresses : [`${site}.addr`],
});
const service = (name: string, choice: AnswerChoice): ServiceSnapshot => ({
  service: name,
  host: `${name}.example.test`,
  ttlSeconds: 5,
  choices: [choice],
});
const names = ["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"];
/** The first `moved` of eight services at b, the rest at a. */
const services = (moved: number): readonly ServiceSnapshot[] =>
  names.map((name, index) => service(name, at(index < moved ? "b" : "a")));

const zone = {
  name: "example.test",
  ttlSeconds: 60,
  negativeTtlSeconds: 5,
  contact: "ops.example.test",
  serial: 10,
  nameservers: [],
  records: [],
};
const held: Snapshot = {
  fence: { installation: "lab", epoch: 3, sequence: 10 },
  causes: [],
  configRevision: 1,
  issuedAt: epochMs(0),
  zone,
  services: services(0),
};
const next = (more: Partial<Snapshot> = {}): Snapshot => ({
  ...held,
  fence: { installation: "lab", epoch: 3, sequence: 20 },
  zone: { ...zone, serial: 20 },
  ...more,
});
const fence = (epoch: number, sequence: number, installation = "lab") => ({ fence: { installation, epoch, sequence } });
const causes = (...list: readonly Cause[]) => ({ causes: list });
const past = (sequence: number, cause: Cause) => ({ past: [{ sequence, cause }] });
const evacuate: Cause = { kind: "evacuate", site: "a" };
const config: Cause = { kind: "config", revision: 2 };
const leader: Cause = { kind: "leader", epoch: 3 };
const emptied = services(0).map((entry) => ({ ...entry, choices: [] }));
const shareless = services(0).map((entry) => ({
  ...entry,
  choices: entry.choices.map((one) => ({ ...one, share: 0 })),
}));
const sorry = services(0).map((entry) => ({ ...entry, choices: [at("sorry")] }));
const readdressed = services(0).map((entry) => ({ ...entry, choices: [at("a", "other")] }));
const renamed = services(0).map((entry) => (entry.service === "s1" ? { ...entry, host: "www.example.test" } : entry));
const long = services(0).map((entry) => (entry.service === "s1" ? { ...entry, ttlSeconds: 86_400 } : entry));

const table: readonly [string, Snapshot, string][] = [
  ["the next one", next(), "accept"],
  ["the same one", structuredClone(held), "repeat"],
  ["another installation's", next(fence(9, 9, "other")), "diverged"],
  ["an older epoch, though a higher sequence", next(fence(2, 99)), "older-fence"],
  ["an older sequence", next(fence(3, 9)), "older-fence"],
  ["the same fence with other content", { ...held, issuedAt: epochMs(1) }, "equal-fence-other-content"],
  ["1,000 epochs ahead", next(fence(1_003, 1)), "accept"],
  ["1,001 epochs ahead", next(fence(1_004, 1)), "epoch-jump"],
  ["no choices", next({ services: emptied, ...causes(config) }), "empty-answer"],
  ["choices without a share", next({ services: shareless, ...causes(config) }), "empty-answer"],
  [
    "choices without an address",
    next({ services: [service("s1", { site: "a", share: 1, addresses: [] })] }),
    "empty-answer",
  ],
  ["a service gone", next({ services: services(0).slice(1), ...causes(evacuate) }), "empty-answer"],
  ["a service gone by configuration", next({ services: services(0).slice(1), ...causes(config) }), "accept"],
  [
    "a service gone by a configuration it missed",
    next({ services: services(0).slice(1), configRevision: 2 }),
    "accept",
  ],
  ["two of eight without a cause", next({ services: services(2), ...causes(leader) }), "accept"],
  ["three of eight without a cause", next({ services: services(3), ...causes(leader) }), "change-budget"],
  ["all, as the site is evacuated", next({ services: services(8), ...causes(evacuate) }), "accept"],
  [
    "all, as another site is evacuated",
    next({ services: services(8), ...causes({ kind: "evacuate", site: "c" }) }),
    "change-budget",
  ],
  [
    "all, as a site is left degraded",
    next({ services: services(8), ...causes({ kind: "leave-degraded", site: "a" }) }),
    "accept",
  ],
  [
    "all, by an operator's word on all",
    next({ services: services(8), ...causes({ kind: "operator", command: "x", by: "y" }) }),
    "accept",
  ],
  [
    "all, by an operator's word on one",
    next({ services: services(8), ...causes({ kind: "operator", service: "s1", command: "x", by: "y" }) }),
    "change-budget",
  ],
  [
    "all, by failback of one",
    next({ services: services(8), ...causes({ kind: "failback", service: "s1" }) }),
    "change-budget",
  ],
  [
    "all, each by its own cause",
    next({ services: services(8), ...causes(...names.map((name): Cause => ({ kind: "rebalance", service: name }))) }),
    "accept",
  ],
  [
    "all to the sorry address, each by its own cause",
    next({ services: sorry, ...causes(...names.map((name): Cause => ({ kind: "all-bad", service: name }))) }),
    "accept",
  ],
  ["new addresses by configuration", next({ services: readdressed, ...causes(config) }), "accept"],
  ["new addresses without a cause", next({ services: readdressed }), "change-budget"],
  ["an evacuation it missed", next({ services: services(8), ...causes(leader), ...past(15, evacuate) }), "accept"],
  [
    "an evacuation it has seen",
    next({ services: services(8), ...causes(leader), ...past(10, evacuate) }),
    "change-budget",
  ],
  ["another zone name", next({ zone: { ...zone, name: "other.test" } }), "change-budget"],
  ["another zone name by configuration", next({ zone: { ...zone, name: "other.test" }, ...causes(config) }), "accept"],
  [
    "other nameservers without a word",
    next({ zone: { ...zone, nameservers: [{ name: "evil", addresses: ["x"] }] } }),
    "change-budget",
  ],
  ["another host without a word", next({ services: renamed, ...causes(evacuate) }), "change-budget"],
  ["another TTL without a word", next({ services: long, ...causes(evacuate) }), "change-budget"],
];

for (const [name, offered, expected] of table) {
  test(`${name}: ${expected}`, () => {
    const result = acceptSnapshot(held, offered);
    assert.equal(result.kind === "refuse" ? result.because : result.kind, expected);
  });
}

test("the first snapshot is taken whatever its epoch, but not when it is empty", () => {
  assert.equal(acceptSnapshot(undefined, next(fence(5_000, 1))).kind, "accept");
  assert.equal(acceptSnapshot(undefined, next({ services: emptied })).kind, "refuse");
});

test("a node that missed any number of a real leader's snapshots takes the last one", () => {
  const pair = failoverOn("site-a", "site-b", "site-c");
  const all = names.map((name) => serviceOn(pair, { name, host: `${name}.example.test` }));
  const leading = new Leader(configOfThree(...all));
  const [up, down] = ["healthy", "down"] as const;
  const published: Snapshot[] = [];
  const keep = (): void => {
    const { snapshot } = leading.world.durable;
    if (snapshot && snapshot !== published.at(-1)) published.push(snapshot);
  };
  leading.see({ "site-a": up, "site-b": up, "site-c": up });
  keep();
  leading.see({ "site-a": down, "site-b": up, "site-c": up });
  keep();
  leading.see({ "site-a": down, "site-b": down, "site-c": up });
  keep();
  leading.epoch = 2;
  leading.see({ "site-a": up, "site-b": up, "site-c": up }, [
    commandOf({ kind: "failover", service: "s1", to: "site-a" }),
  ]);
  keep();
  leading.epoch = 3;
  leading.see({ "site-a": up, "site-b": up, "site-c": up });
  keep();
  assert.equal(published.length, 5);
  for (const [index, current] of published.entries()) {
    for (const later of published.slice(index + 1))
      assert.deepEqual(acceptSnapshot(current, later), { kind: "accept" });
  }
});
