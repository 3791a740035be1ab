import assert from "node:assert/strict";
import { test } from "node:test";
import { type Connection, clientsRow } from "./clients.ts";

const from = 50_000;
const about = { resolver: "unbound", from, until: from + 4_000, site: "site-a", target: "site-b" } as const;
const a = "site-a/stable/1";
const b = "site-b/canary/3";

const at = (ms: number, servedBy: string | undefined): Connection => ({ at: from + ms, servedBy });
/** So many connections of one second, one each 10 ms. */
const many = (second: number, count: number, servedBy: string | undefined): readonly Connection[] =>
  Array.from({ length: count }, (_, index) => at(second * 1_000 + index * 10, servedBy));

test("the curve counts who served each second's connections, in order whatever order they ended in", () => {
  const row = clientsRow([at(1_100, b), at(100, a), at(1_900, undefined), at(900, undefined), at(1_200, a)], about);
  assert.deepEqual(row.curve, [
    { second: 0, site: 1, target: 0, failed: 1 },
    { second: 1, site: 1, target: 1, failed: 1 },
  ]);
  assert.deepEqual([row.resolver, row.connections, row.failed], ["unbound", 5, 2]);
});

test("the last trouble is the last that failed or still reached the lost site", () => {
  assert.equal(clientsRow([at(100, a), at(700, undefined), at(2_000, b)], about).lastTroubleMs, 700);
  assert.equal(clientsRow([at(100, undefined), at(2_500, a), at(2_600, b)], about).lastTroubleMs, 2_500);
  assert.equal(clientsRow([at(100, b)], about).lastTroubleMs, undefined);
});

test("before the fault and after the hold nothing counts", () => {
  const row = clientsRow([at(-1, a), at(0, b), at(4_000, b), at(4_001, undefined)], about);
  assert.deepEqual([row.connections, row.failed, row.lastTroubleMs], [2, 0, undefined]);
});

const moves: readonly (readonly [
  what: string,
  connections: readonly Connection[],
  mostlyMovedMs: number | undefined,
])[] = [
  ["never", many(0, 20, a), undefined],
  ["from the first second on", many(0, 20, b), 0],
  ["19 of 20 are enough", [...many(0, 20, a), ...many(1, 19, b), at(1_500, undefined)], 1_000],
  ["18 of 20 are not", [...many(0, 20, a), ...many(1, 18, b), at(1_500, a), at(1_600, a)], undefined],
  ["a second that falls back starts it anew", [...many(0, 20, b), ...many(1, 20, a), ...many(2, 20, b)], 2_000],
  ["nobody at all", [], undefined],
];

for (const [what, connections, mostlyMovedMs] of moves) {
  test(`95 % at the target: ${what}`, () => {
    assert.equal(clientsRow(connections, about).mostlyMovedMs, mostlyMovedMs);
  });
}
