import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@sluice/runtime";
import { makeHeartbeat } from "./heartbeat.ts";

const standStill = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

test("an event loop that stood still for over 200 ms while a look was under way is told of once, and before the look's end", async () => {
  const told: (number | "ended")[] = [];
  const heartbeat = makeHeartbeat(systemClock, (stalledMs) => told.push(stalledMs));
  const look = Promise.withResolvers<undefined>();
  const ended = [1, 2].map(() => heartbeat.during(() => look.promise).then(() => told.push("ended")));
  const due = systemClock.monotonicMs();
  standStill(500);
  look.resolve(undefined);
  await Promise.all(ended);
  heartbeat.wasDue(due);
  assert.equal(told.length, 3);
  assert.ok(typeof told[0] === "number" && told[0] > 200);
});

test("between looks it is how late the next one begins that tells", () => {
  const told: number[] = [];
  const heartbeat = makeHeartbeat(systemClock, (stalledMs) => told.push(stalledMs));
  const now = systemClock.monotonicMs();
  heartbeat.wasDue(now - 150);
  assert.deepEqual(told, []);
  heartbeat.wasDue(now - 1_000);
  heartbeat.wasDue(now - 900);
  assert.equal(told.length, 1);
});
