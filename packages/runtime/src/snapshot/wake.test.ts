import assert from "node:assert/strict";
import { test } from "node:test";
import { makeWake, stoodStillMs } from "./wake.ts";

function sleeper() {
  let [mono, wall] = [0, 1_000_000];
  let caughtUp = (): void => {};
  const gaps: number[] = [];
  const wake = makeWake({
    clocks: () => [mono, wall],
    catchUp: () => new Promise((resolve) => (caughtUp = resolve)),
    onWake: (ms) => void gaps.push(ms),
  });
  const pass = (monoMs: number, wallMs = monoMs): void => {
    mono += monoMs;
    wall += wallMs;
  };
  return { wake, gaps, pass, finish: () => caughtUp() };
}

test("a node that stood still catches up before it answers, and answers again when it has", async () => {
  const { wake, gaps, pass, finish } = sleeper();
  assert.equal(wake.isCatchingUp(), false);
  pass(stoodStillMs);
  assert.equal(wake.isCatchingUp(), true);
  pass(10);
  assert.equal(wake.isCatchingUp(), true);
  finish();
  await new Promise(setImmediate);
  assert.equal(wake.isCatchingUp(), false);
  assert.deepEqual(gaps, [stoodStillMs]);
  wake.stop();
});

test("a busy moment is no standstill, and a suspended machine is one, though its monotonic clock stood too", () => {
  const { wake, pass } = sleeper();
  pass(stoodStillMs - 1);
  assert.equal(wake.isCatchingUp(), false);
  pass(0, 60_000);
  assert.equal(wake.isCatchingUp(), true);
  wake.stop();
});

test("a wall clock that is set back is no standstill", () => {
  const { wake, pass } = sleeper();
  pass(100, -3_600_000);
  assert.equal(wake.isCatchingUp(), false);
  wake.stop();
});
