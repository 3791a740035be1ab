import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { monoMs } from "../model.ts";
import { makeCountRing, noCounts, shareOf } from "./count-ring.ts";

test("what a ring sums up is what a list of all notes sums up", () => {
  const note = fc.record({ afterMs: fc.nat(5_000), isFailure: fc.boolean() });
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.array(note), fc.nat(9), fc.nat(9), (startMs, notes, youngest, oldest) => {
      const ring = makeCountRing(10, 1_000);
      let at = startMs;
      const all = notes.map(({ afterMs, isFailure }) => {
        at += afterMs;
        ring.note(isFailure, monoMs(at));
        return { second: Math.floor(at / 1_000), isFailure };
      });
      const ages = all
        .map(({ second, isFailure }) => ({ age: Math.floor(at / 1_000) - second, isFailure }))
        .filter(({ age }) => age >= youngest && age <= oldest);
      const failures = ages.filter(({ isFailure }) => isFailure).length;
      assert.deepEqual(ring.sum(youngest, oldest, monoMs(at)), { failures, n: ages.length });
    }),
  );
});

test("a long silence empties it, at once", () => {
  const ring = makeCountRing(10, 1_000);
  for (let ms = 0; ms < 20_000; ms += 100) ring.note(true, monoMs(ms));
  assert.deepEqual(ring.sum(0, 9, monoMs(20_000)), { failures: 90, n: 90 });
  assert.deepEqual(ring.sum(0, 9, monoMs(1e12)), noCounts);
});

test("a clock that steps back stands still", () => {
  const ring = makeCountRing(10, 1_000);
  ring.note(true, monoMs(50_000));
  ring.note(false, monoMs(1_000));
  assert.deepEqual(ring.sum(0, 0, monoMs(2_000)), { failures: 1, n: 2 });
});

test("forgetting takes the youngest and leaves the rest", () => {
  const ring = makeCountRing(10, 1_000);
  for (let second = 0; second < 10; second += 1) ring.note(second % 2 === 0, monoMs(second * 1_000));
  ring.forget(6, monoMs(9_000));
  assert.deepEqual(ring.sum(0, 9, monoMs(9_000)), { failures: 2, n: 3 });
});

test("of nothing, nothing failed", () => assert.equal(shareOf(noCounts), 0));
