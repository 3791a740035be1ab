import assert from "node:assert/strict";
import { test } from "node:test";
import { seedOf } from "./seed.ts";

test("the seed of a salt is 32 bits, unsigned, and stays what it is: with another one every user would move", () => {
  assert.deepEqual(
    ["", "chat", "embed", "chat-2", "ünïcode"].map(seedOf),
    [2166136261, 2900861003, 967301646, 25522820, 3362334069],
  );
});

test("salts that differ little have seeds that differ", () => {
  const seeds = Array.from({ length: 10_000 }, (_, at) => seedOf(`chat-${at}`));
  assert.equal(new Set(seeds).size, seeds.length);
  assert.ok(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32));
});
