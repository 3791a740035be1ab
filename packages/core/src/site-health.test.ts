import assert from "node:assert/strict";
import { test } from "node:test";
import { chat, configOf } from "./fixtures.ts";
import { epochMs, type Opinion } from "./model.ts";
import { siteHealth } from "./site-health.ts";
import { tableOf } from "./table.ts";
import type { Verdict } from "./verdict.ts";
import { newWatch } from "./world.ts";

const edge = { endpoints: ["127.0.0.1:1"], probe: { kind: "tcp" } } as const;
const config = { ...configOf(), sites: configOf().sites.map((site) => ({ ...site, edge })) };
const states = (at: Readonly<Record<string, readonly [Opinion, Verdict["because"], number]>>) =>
  Object.fromEntries(
    Object.entries(at).map(([target, [kind, because, healthyForMs]]) => [
      target,
      { verdict: { kind, because }, since: epochMs(0), well: { forMs: healthyForMs, atMs: 0 } },
    ]),
  );
const watchOf = (at: Parameters<typeof states>[0]) => ({ ...newWatch, verdicts: tableOf(Object.entries(states(at))) });
const [front, pool] = ["edge:site-a", "pool:chat/stable@site-a"];

const table: readonly [Opinion, Opinion, Opinion, string][] = [
  ["healthy", "healthy", "healthy", front],
  ["healthy", "degraded", "degraded", pool],
  ["degraded", "unknown", "unknown", pool],
  ["down", "unknown", "down", front],
  ["unknown", "down", "down", pool],
  ["unknown", "healthy", "unknown", front],
];

for (const [atEdge, atPool, expected, target] of table) {
  test(`edge ${atEdge}, pool ${atPool}: the site is ${expected}`, () => {
    const watch = watchOf({ [front]: [atEdge, "majority", 5], [pool]: [atPool, "majority", 3] });
    const health = siteHealth(config, chat, { site: "site-a", watch });
    assert.deepEqual([health.kind, health.target, health.healthyForMs], [expected, target, 3]);
  });
}

test("an alarm that moves nothing doesn't hide a degradation that does", () => {
  const watch = watchOf({ [front]: ["degraded", "inside-only", 0], [pool]: ["degraded", "failing-looks", 0] });
  assert.equal(siteHealth(config, chat, { site: "site-a", watch }).because, "failing-looks");
});

test("without an edge that is looked at only the pool counts, and without votes nothing is known", () => {
  const watch = watchOf({ [pool]: ["healthy", "majority", 9] });
  assert.equal(siteHealth(configOf(), chat, { site: "site-a", watch }).kind, "healthy");
  const unseen = siteHealth(config, chat, { site: "site-a", watch: newWatch });
  assert.deepEqual([unseen.kind, unseen.healthyForMs], ["unknown", 0]);
});
