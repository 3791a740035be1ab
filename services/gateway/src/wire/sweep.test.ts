import assert from "node:assert/strict";
import { test } from "node:test";
import { Sweep } from "./sweep.ts";

test("what is dated while nobody is swept is dated by now, not by when somebody last was", () => {
  const sweep = new Sweep(60_000);
  const before = sweep.nowMs;
  while (performance.now() < before + 2);
  assert.ok(sweep.nowMs >= before + 2);
});
