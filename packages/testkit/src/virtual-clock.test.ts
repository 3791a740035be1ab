import assert from "node:assert/strict";
import { test } from "node:test";
import { makeVirtualClock } from "./virtual-clock.ts";

test("time stands still until it is advanced, and only the wall clock steps", () => {
  const clock = makeVirtualClock(1_000);
  const times = (): number[] => [clock.wallMs(), clock.monotonicMs()];
  assert.deepEqual(times(), [1_000, 0]);
  clock.advance(250);
  assert.deepEqual(times(), [1_250, 250]);
  clock.stepWall(-1_000);
  assert.deepEqual(times(), [250, 250]);
  clock.advance(0.5);
  assert.deepEqual(times(), [250.5, 250.5]);
});

test("the monotonic clock never goes back", () => {
  const clock = makeVirtualClock();
  assert.throws(() => clock.advance(-1), RangeError);
  assert.throws(() => clock.advance(Number.NaN), RangeError);
});
