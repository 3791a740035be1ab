import assert from "node:assert/strict";
import { test } from "node:test";
import { monoMs } from "../model.ts";
import { aboveMax, samplesMin } from "./order-statistic.ts";
import { makeUserCap } from "./user-cap.ts";

test("a user has three samples a minute, others have their own", () => {
  const cap = makeUserCap();
  const allowed = (userHash: number, at: number): boolean => cap.allows(userHash, monoMs(at));
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((at) => allowed(7, at)),
    [true, true, true, false, false],
  );
  assert.ok(allowed(8, 5));
  assert.ok(!allowed(7, 59_999));
  assert.ok(allowed(7, 60_000));
});

test("no window of a minute holds more of one user than may lie anywhere", () => {
  const cap = makeUserCap();
  const at: number[] = [];
  for (let ms = 0; ms < 600_000; ms += 50) if (cap.allows(4_000_000_000, monoMs(ms))) at.push(ms);
  const most = Math.max(...at.map((start) => at.filter((ms) => ms >= start && ms < start + 60_000).length));
  assert.ok(most <= aboveMax(samplesMin), String(most));
});

test("who has no user isn't capped", () => {
  const cap = makeUserCap();
  for (let count = 0; count < 1_000; count += 1) assert.ok(cap.allows(undefined, monoMs(0)));
});
