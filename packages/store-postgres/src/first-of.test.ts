import assert from "node:assert/strict";
import { test } from "node:test";
import { firstOf } from "./first-of.ts";

const never = new Promise<string>(() => undefined);

test("the first way that works is taken; the next begins when one fails, and not before", async () => {
  const begun: string[] = [];
  const way = (name: string, works: boolean) => async () => {
    begun.push(name);
    if (!works) throw new Error(name);
    return name;
  };
  assert.equal(await firstOf([way("a", true), way("b", true)], 60_000, assert.fail), "a");
  assert.equal(await firstOf([way("c", false), way("d", true), way("e", true)], 60_000, assert.fail), "d");
  assert.deepEqual(begun, ["a", "c", "d"]);
  await assert.rejects(firstOf([way("f", false), way("g", false)], 60_000, assert.fail), /^Error: f$/);
});

test("one that is silent doesn't hold the others up, and is given back when it comes too late", async () => {
  const late = Promise.withResolvers<string>();
  const back = Promise.withResolvers<string>();
  assert.equal(await firstOf([() => late.promise, () => never, async () => "c"], 1, back.resolve), "c");
  late.resolve("a");
  assert.equal(await back.promise, "a");
});
