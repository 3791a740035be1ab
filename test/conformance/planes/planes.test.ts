import assert from "node:assert/strict";
import { test } from "node:test";
import { haproxy } from "./haproxy.ts";
import { sluice } from "./sluice.ts";

test("our own gateway is excused from nothing", () => {
  assert.deepEqual(sluice.lacks, {});
});

test("what another plane is excused from, it is for a reason, in a sentence", () => {
  for (const because of Object.values(haproxy.lacks)) assert.ok(because.split(" ").length >= 3, because);
});
