import assert from "node:assert/strict";
import { test } from "node:test";
import { type Measured, orderOf, pairsOf, playRounds, ratiosOf, valuesOf, voidsOf } from "./rounds.ts";

const measured = (value: number): Measured => ({ kind: "measured", value });
const rounds = [
  new Map([
    ["ours", measured(30)],
    ["theirs", measured(10)],
  ] as const),
  new Map([
    ["ours", measured(50)],
    ["theirs", { kind: "void", because: "12 5xx" }],
  ] as const),
  new Map([
    ["ours", measured(20)],
    ["theirs", measured(40)],
  ] as const),
] as readonly ReadonlyMap<"ours" | "theirs", Measured>[];

test("ratios are taken round by round, and a round that is void for one is none for the pair", () => {
  assert.deepEqual(ratiosOf(rounds, ["ours", "theirs"]), [3, 0.5]);
  assert.deepEqual(pairsOf(rounds, ["theirs", "ours"]), [
    [10, 30],
    [40, 20],
  ]);
  assert.deepEqual(valuesOf(rounds, "ours"), [30, 50, 20]);
  assert.deepEqual(voidsOf("HTTP/2", rounds), ["HTTP/2, round 2, theirs is void: 12 5xx"]);
});

test("each is first in its turn, and nobody comes after the same one in every round", () => {
  const names = ["a", "b", "c"];
  const orders = [0, 1, 2, 3, 4, 5].map((round) => orderOf(names, round).join(""));
  assert.deepEqual(
    [0, 1].map((round) => orderOf(["a", "b"], round).join("")),
    ["ab", "ba"],
  );
  assert.deepEqual(orders, ["abc", "bac", "cab", "acb", "bca", "cba"]);
});

test("all are measured once a round, until somebody says stop", async () => {
  const stop = new AbortController();
  const asked: string[] = [];
  const played = await playRounds({ names: ["a", "b"], rounds: 5, signal: stop.signal }, (name) => {
    asked.push(name);
    if (asked.length === 5) stop.abort();
    return Promise.resolve(measured(asked.length));
  });
  assert.deepEqual([asked.join(""), played.length], ["abbaa", 2]);
});
