import assert from "node:assert/strict";
import { test } from "node:test";
import { type Cause, formatCause, rememberCauses } from "./cause.ts";

const table: readonly [Cause, string][] = [
  [{ kind: "evacuate", site: "site-a" }, "evacuate site-a"],
  [{ kind: "leave-degraded", site: "site-a" }, "leave degraded site-a"],
  [{ kind: "rebalance", service: "chat" }, "rebalance chat"],
  [{ kind: "failback", service: "chat" }, "failback chat"],
  [{ kind: "all-bad", service: "chat" }, "nothing ranks for chat"],
  [{ kind: "operator", service: "chat", command: "pin site-a", by: "anna" }, "pin site-a by anna"],
  [{ kind: "override-ended", service: "chat" }, "an override of chat ended"],
  [{ kind: "config", revision: 7 }, "config revision 7"],
  [{ kind: "leader", epoch: 3 }, "new leader, epoch 3"],
];

for (const [cause, text] of table) test(text, () => assert.equal(formatCause(cause), text));

test("of each subject the last cause is remembered, and a new leader is none", () => {
  const [evacuate, , rebalance, failback, , operator] = table.map(([cause]) => cause);
  assert.ok(evacuate && rebalance && failback && operator);
  const first = rememberCauses([], [evacuate, rebalance, { kind: "leader", epoch: 1 }], 1);
  const second = rememberCauses(first, [failback], 2);
  assert.deepEqual(second, [
    { sequence: 1, cause: evacuate },
    { sequence: 2, cause: failback },
  ]);
  assert.deepEqual(rememberCauses(second, [operator], 3).at(-1), { sequence: 3, cause: operator });
});
