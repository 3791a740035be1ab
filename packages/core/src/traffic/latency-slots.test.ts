import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { monoMs } from "../model.ts";
import { countIn } from "./latency-buckets.ts";
import { makeLatencySlots } from "./latency-slots.ts";

test("the window holds the six slots that are over, each sample leaves once, and none is lost", () => {
  const gaps = fc.array(fc.oneof(fc.nat(3_000), fc.nat(30_000), fc.nat(200_000)), { maxLength: 60 });
  fc.assert(
    fc.property(fc.nat(1_000_000), gaps, (startMs, afterMs) => {
      let left = 0;
      const slots = makeLatencySlots((slot) => {
        for (const count of slot) left += count;
      });
      let at = startMs;
      const notes = afterMs.map((ms) => {
        at += ms;
        slots.note(2, 300, monoMs(at));
        return Math.floor(at / 10_000);
      });
      const running = slots.turn(monoMs(at));
      const within = notes.filter((slot) => slot < running && slot >= running - 6).length;
      assert.equal(countIn(slots.window, 2), within);
      assert.equal(left, notes.filter((slot) => slot < running - 6).length);
    }),
  );
});

test("after a restart there is nothing", () => {
  let left = 0;
  const slots = makeLatencySlots((slot) => {
    for (const count of slot) left += count;
  });
  for (let ms = 0; ms < 50_000; ms += 100) slots.note(0, 10, monoMs(ms));
  slots.restart();
  assert.equal(countIn(slots.window, 0), 0);
  slots.turn(monoMs(200_000));
  assert.deepEqual([countIn(slots.window, 0), left], [0, 0]);
});
