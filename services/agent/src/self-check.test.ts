import assert from "node:assert/strict";
import { test } from "node:test";
import { checkEnded, judgeEyes, newEyes } from "./self-check.ts";

const seeing = { ...newEyes, firstLooksIn: true };
const at = (now: number, failingSince?: number) => ({
  now,
  intervalMs: 1000,
  ...(failingSince === undefined ? {} : { failingSince }),
});

test("starting until the first looks are in", () => {
  assert.deepEqual(judgeEyes(newEyes, at(0)), { kind: "abstain", because: "starting" });
  assert.deepEqual(judgeEyes(seeing, at(0)), { kind: "ok" });
});

test("down is voted only after a check begun since the streak began", () => {
  const before = checkEnded(seeing, 4000, true);
  assert.deepEqual(judgeEyes(before, at(6000, 5000)), { kind: "abstain", because: "cut-off" });
  assert.deepEqual(judgeEyes(checkEnded(before, 5100, true), at(6000, 5000)), { kind: "ok" });
});

test("a check that reached nobody is cut off, until a later one reaches somebody and looks come in anew", () => {
  const cut = checkEnded(checkEnded(seeing, 4000, true), 5000, false);
  assert.deepEqual(judgeEyes(cut, at(5500)), { kind: "abstain", because: "cut-off" });
  assert.deepEqual(judgeEyes(checkEnded(cut, 4500, true), at(5500)), { kind: "abstain", because: "cut-off" });
  const regained = checkEnded(cut, 6000, true);
  assert.deepEqual(judgeEyes(regained, at(6500)), { kind: "abstain", because: "starting" });
  assert.deepEqual(judgeEyes({ ...regained, firstLooksIn: true }, at(6500)), { kind: "ok" });
});

test("stalled until a clean interval", () => {
  const stalled = { ...seeing, stalledAt: 5000 };
  assert.deepEqual(judgeEyes(stalled, at(5999)), { kind: "abstain", because: "stalled" });
  assert.deepEqual(judgeEyes(stalled, at(6000)), { kind: "ok" });
});
