import assert from "node:assert/strict";
import { test } from "node:test";
import { chat, configOf } from "./fixtures.ts";
import { epochMs } from "./model.ts";
import { onSite, type Placement } from "./placement.ts";
import { buildSnapshot, countAddresses, serviceSnapshot } from "./snapshot.ts";

const config = {
  ...configOf(),
  nameservers: [{ name: "ns-a", site: "site-a", address: "127.0.0.21", port: 53, url: "http://127.0.0.21" }],
};
const sorry = { ...chat, allBad: { kind: "sorry", addresses: ["127.0.0.99"] } as const };
const shares = (a: number, b: number): Placement => ({
  kind: "sites",
  shares: [
    { site: "site-a", share: a },
    { site: "site-b", share: b },
  ],
});
const [a, b] = [
  { site: "site-a", addresses: ["127.0.0.11"] },
  { site: "site-b", addresses: ["127.0.0.12"] },
];

const table: readonly [string, typeof chat, Placement, readonly object[]][] = [
  ["one site", chat, onSite("site-a"), [{ ...a, share: 1 }]],
  [
    "shares",
    chat,
    shares(80, 20),
    [
      { ...a, share: 80 },
      { ...b, share: 20 },
    ],
  ],
  ["a site without a share is no choice", chat, shares(0, 20), [{ ...b, share: 20 }]],
  ["a site without an address is no choice", chat, onSite("witness"), []],
  ["a site nobody knows is no choice", chat, onSite("site-z"), []],
  [
    "failing open is one choice with all addresses",
    chat,
    { kind: "open", sites: ["site-a", "site-b"] },
    [{ site: "site-a+site-b", share: 1, addresses: ["127.0.0.11", "127.0.0.12"] }],
  ],
  ["the sorry address", sorry, { kind: "sorry" }, [{ site: "sorry", share: 1, addresses: ["127.0.0.99"] }]],
  ["no sorry address is configured", chat, { kind: "sorry" }, [{ site: "sorry", share: 1, addresses: [] }]],
];

for (const [name, service, placement, choices] of table) {
  test(name, () => {
    const built = serviceSnapshot(config, service, placement);
    assert.deepEqual(built.choices, choices);
    assert.equal(
      countAddresses(config, service, placement),
      built.choices.flatMap(({ addresses }) => addresses).length,
    );
  });
}

test("a snapshot is whole: zone, nameservers, and every service that is placed", () => {
  const placed = { base: onSite("site-a"), served: onSite("site-b"), quarantine: [], moves: [] };
  const fence = { installation: "lab", epoch: 1, sequence: 2 ** 32 + 7 };
  const stamp = { fence, causes: [], configRevision: 4, issuedAt: epochMs(5) };
  const built = buildSnapshot(config, { services: { chat: placed }, overrides: [] }, stamp);
  assert.deepEqual(built.zone.nameservers, [{ name: "ns-a", addresses: ["127.0.0.21"] }]);
  assert.equal(built.zone.serial, 7, "the serial wraps at 32 bits");
  assert.deepEqual(
    built.services.map(({ service, choices }) => [service, choices[0]?.site]),
    [["chat", "site-b"]],
  );
  assert.deepEqual(buildSnapshot(config, { services: {}, overrides: [] }, stamp).services, []);
  assert.deepEqual([built.fence, built.configRevision, built.issuedAt], [fence, 4, 5]);
});
