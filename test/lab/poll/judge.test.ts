import assert from "node:assert/strict";
import { test } from "node:test";
import { longestSplitMs, settledAt } from "./judge.ts";
import type { PollChange, ServerPoll } from "./recorder.ts";

/** `a` and `b` are answers of one site, `ab` of both; `-` is silence, `0` an empty answer. */
function polled(server: string, turns: readonly (readonly [at: number, what: string])[]): ServerPoll {
  const changes = turns.map(([at, what]): PollChange => {
    if (what === "-") return { kind: "timeout", askedAt: at, at };
    if (what === "0") return { kind: "empty", rcode: 3, askedAt: at, at };
    return { kind: "answers", addresses: what.split(""), sites: what.split(""), askedAt: at, at };
  });
  const counts = { asked: 0, answers: 0, mixed: 0, empty: 0, servfail: 0, truncated: 0, timeout: 0 };
  return { server, counts, changes, changesLost: 0, firstMovedAt: undefined };
}

const settling = [
  { turns: [[1, "a"]], at: undefined },
  {
    turns: [
      [1, "a"],
      [2, "b"],
    ],
    at: 2,
  },
  {
    turns: [
      [1, "a"],
      [2, "b"],
      [3, "-"],
      [4, "b"],
    ],
    at: 2,
  },
  {
    turns: [
      [1, "a"],
      [2, "b"],
      [3, "0"],
      [4, "b"],
    ],
    at: 4,
  },
  {
    turns: [
      [1, "a"],
      [2, "ab"],
      [3, "b"],
    ],
    at: 3,
  },
  {
    turns: [
      [1, "b"],
      [2, "a"],
    ],
    at: undefined,
  },
  { turns: [], at: undefined },
] as const;

for (const { turns, at } of settling) {
  test(`settled on b after ${turns.map(([, what]) => what).join(" ") || "nothing"}: ${at}`, () => {
    assert.equal(settledAt(polled("ns", turns), "b"), at);
  });
}

test("servers are split from the first that moved to the last, and by one that never moves until the end", () => {
  const first = polled("one", [
    [0, "a"],
    [100, "b"],
  ]);
  const second = polled("two", [
    [0, "a"],
    [130, "b"],
  ]);
  const third = polled("three", [[0, "a"]]);
  assert.equal(longestSplitMs([first, second], 500), 30);
  assert.equal(longestSplitMs([first, second, third], 500), 400);
  assert.equal(longestSplitMs([first, second, third], 120), 20);
  assert.equal(longestSplitMs([], 500), 0);
});

test("a silent server contradicts nobody until it answers again, as before", () => {
  const moved = polled("one", [
    [0, "a"],
    [100, "b"],
  ]);
  const killed = polled("two", [
    [0, "a"],
    [110, "-"],
    [300, "a"],
    [305, "b"],
  ]);
  assert.equal(longestSplitMs([moved, killed], 500), 10);
});
