import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@sluice/runtime";
import { watchStalls } from "./heartbeat.ts";

test("an event loop that stood still for over 200 ms is noticed", async () => {
  const stop = new AbortController();
  const stalled = Promise.withResolvers<number>();
  const ended = watchStalls(systemClock, stop.signal, stalled.resolve);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  assert.ok((await stalled.promise) > 200);
  stop.abort();
  await ended;
});
