import assert from "node:assert/strict";
import { test } from "node:test";
import type { JournalEntry } from "@sluice/core";
import type { PollChange, ServerPoll } from "@sluice/lab";
import type { Expect } from "./fault.ts";
import { decisionsIn, judge } from "./judge.ts";

const none = { asked: 0, answers: 0, mixed: 0, empty: 0, servfail: 0, truncated: 0, timeout: 0 };

const answers = (at: number, site: string): PollChange => ({
  kind: "answers",
  addresses: [site],
  sites: [site],
  askedAt: at,
  at,
});

const poll = (changes: readonly PollChange[], counts: Partial<ServerPoll["counts"]> = {}): ServerPoll => ({
  server: "ns-a",
  counts: { ...none, answers: 1, ...counts },
  changes,
  changesLost: 0,
  firstMovedAt: undefined,
});

const move = (at: number): JournalEntry =>
  ({
    id: 1,
    at,
    by: "arbiter-w",
    event: {
      kind: "decided",
      decision: { cause: { kind: "evacuate", site: "site-a" }, from: placed("site-a"), to: placed("site-b") },
    },
  }) as unknown as JournalEntry;

const down = (at: number, votes: number): JournalEntry =>
  ({
    at,
    event: {
      kind: "verdict-changed",
      target: "edge:site-a",
      to: { kind: "down" },
      tally: { down: votes, electorate: 3 },
    },
  }) as unknown as JournalEntry;

const placed = (site: string) => ({ kind: "sites", shares: [{ site, share: 1 }] });

/** The fault came at 100. */
const judged = (
  expect: Expect,
  servers: readonly ServerPoll[],
  entries: readonly JournalEntry[] = [],
): readonly string[] =>
  judge({ expect }, { entries, servers, before: { polled: [poll([], { answers: 0 })], at: 100 } });

test("an empty or failed answer is wrong under every fault, and what was counted before it is not", () => {
  const expect = { kind: "moves", to: "site-b" } as const;
  assert.deepEqual(judged(expect, [poll([])], [down(140, 2), move(150)]), []);
  assert.deepEqual(judged(expect, [poll([])]), ["0 moves, and 1 should be"]);
  assert.deepEqual(judged(expect, [poll([], { empty: 2, mixed: 1 })], [down(140, 2), move(150)]), [
    "ns-a gave 2 answers that were empty",
    "ns-a gave 1 answers that were mixed",
  ]);
});

test("where nothing should move, another answer is wrong from the fault on, and silence is not", () => {
  const expect = { kind: "stays", forMs: 1 } as const;
  assert.deepEqual(judged(expect, [poll([answers(50, "site-b"), answers(90, "site-a")])]), []);
  assert.deepEqual(judged(expect, [poll([{ kind: "timeout", askedAt: 120, at: 130 }, answers(140, "site-a")])]), []);
  assert.deepEqual(judged(expect, [poll([answers(150, "site-b")])]), ["ns-a answered something else"]);
  assert.deepEqual(judged({ ...expect, at: "site-b" }, [poll([answers(150, "site-b")])]), []);
});

test("a server that answers nothing at all is wrong, also where nothing should move", () => {
  const silent = [poll([], { answers: 0, timeout: 9 })];
  for (const expect of [{ kind: "stays", forMs: 1 } as const, { kind: "calm", forMs: 1, movesMax: 1 } as const])
    assert.deepEqual(judged(expect, silent), ["ns-a answered nothing at all"]);
});

test("moves are counted against what may be", () => {
  const moves = [down(140, 2), move(150), move(160)];
  assert.deepEqual(judged({ kind: "stays", forMs: 1 }, [poll([])], moves), ["2 moves, and none should be"]);
  assert.deepEqual(judged({ kind: "calm", forMs: 1, movesMax: 1 }, [poll([])], moves), [
    "2 moves, at most 1 should be",
  ]);
  assert.deepEqual(judged({ kind: "calm", forMs: 1, movesMax: 2 }, [poll([])], moves), []);
  assert.deepEqual(decisionsIn([move(150)]), ["site-a → site-b (evacuate)"]);
});

test("an evacuation without a majority before it is wrong", () => {
  const expect = { kind: "moves", to: "site-b" } as const;
  const because = "I7: site-a was evacuated, and no majority had called it down";
  assert.deepEqual(judged(expect, [poll([])], [down(140, 1), move(150), down(160, 2)]), [because]);
});
