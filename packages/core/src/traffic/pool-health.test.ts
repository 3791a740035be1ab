import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { monoMs } from "../model.ts";
import {
  admittedOf,
  advance,
  holdMsMax,
  holdMsMin,
  newPoolHealth,
  type PoolEvidence,
  type PoolHealth,
  ramp,
  stepMs,
} from "./pool-health.ts";

const evidence = (more: Partial<PoolEvidence> = {}): PoolEvidence => ({
  kind: "fine",
  because: "a test",
  isClean: true,
  learnt: 100,
  looks: "none",
  ...more,
});
const bad = evidence({ kind: "trip", isClean: false });
const good = evidence({ looks: "good" });

/** One evaluation a second, of which each brings the same. */
function pass(health: PoolHealth, [fromS, untilS]: readonly [number, number], each: PoolEvidence): PoolHealth {
  let next = health;
  for (let second = fromS; second < untilS; second += 1) next = advance(next, each, monoMs(second * 1_000));
  return next;
}
const healthy = newPoolHealth(monoMs(0));
const tripped = advance(healthy, bad, monoMs(0));

test("a bad evaluation is suspect, a good one makes it healthy again, and all are served", () => {
  const suspect = advance(healthy, evidence({ kind: "suspect" }), monoMs(1_000));
  assert.deepEqual([suspect.kind, admittedOf(suspect)], ["suspect", 1]);
  assert.deepEqual(advance(suspect, evidence(), monoMs(2_000)), healthy);
  assert.equal(advance(suspect, bad, monoMs(2_000)).kind, "tripped");
});

test("the whole way back, with good looks: held 60 s, then 1, 5, 20, 50 and 100 %, each 30 s", () => {
  let health = tripped;
  const seen: string[] = [];
  for (let second = 1; health.kind !== "healthy" && second < 1_000; second += 1) {
    const next = advance(health, good, monoMs(second * 1_000));
    if (admittedOf(next) !== admittedOf(health) || next.kind !== health.kind) {
      seen.push(`${second} s: ${next.kind} ${admittedOf(next)}`);
    }
    health = next;
  }
  assert.deepEqual(seen, [
    "60 s: recovering 0.01",
    "90 s: recovering 0.05",
    "120 s: recovering 0.2",
    "150 s: recovering 0.5",
    "180 s: recovering 1",
    "210 s: healthy 1",
  ]);
});

test("without any agent's looks it goes on by itself after twice the hold", () => {
  assert.equal(pass(tripped, [1, 120], evidence()).kind, "probing");
  assert.equal(pass(tripped, [1, 121], evidence()).kind, "recovering");
});

test("while looks aren't good it stays, however long", () => {
  assert.equal(pass(tripped, [1, 100_000], evidence({ looks: "short" })).kind, "probing");
});

test("a step that isn't clean begins its 30 s anew, and one that shows nothing waits", () => {
  const first = pass(tripped, [1, 62], good);
  assert.deepEqual([first.kind, admittedOf(first)], ["recovering", 0.01]);
  const dirty = pass(pass(first, [62, 80], evidence({ isClean: false })), [80, 110], evidence());
  assert.equal(admittedOf(dirty), 0.01);
  assert.equal(admittedOf(pass(dirty, [110, 112], evidence())), 0.05);
  assert.equal(admittedOf(pass(first, [62, 10_000], evidence({ learnt: 2 }))), 0.01);
});

test("each trip before half an hour of health doubles the hold, up to 15 min", () => {
  let health = tripped;
  let second = 0;
  const holds: number[] = [];
  for (let flap = 0; flap < 7; flap += 1) {
    assert.equal(health.kind, "tripped");
    holds.push(health.holdMs / 1_000);
    while (health.kind !== "healthy") health = advance(health, good, monoMs((second += 1) * 1_000));
    second += 1_799;
    health = advance(health, bad, monoMs(second * 1_000));
  }
  assert.deepEqual(holds, [60, 120, 240, 480, 900, 900, 900]);
});

test("after half an hour of health it is forgotten", () => {
  const back = pass(tripped, [1, 212], good);
  assert.deepEqual([back.kind, back.holdMs], ["healthy", 60_000]);
  assert.equal(advance(back, bad, monoMs(210_000 + 1_799_000)).holdMs, 120_000);
  assert.equal(advance(back, bad, monoMs(210_000 + 1_800_000)).holdMs, 60_000);
});

test("a trip in the ramp doubles the hold too", () => {
  const again = advance(pass(tripped, [1, 100], good), bad, monoMs(100_000));
  assert.deepEqual([again.kind, again.holdMs], ["tripped", 120_000]);
});

const anyEvidence = fc.record({
  kind: fc.constantFrom<PoolEvidence["kind"]>("fine", "fine", "fine", "suspect", "trip"),
  because: fc.constant("a test"),
  isClean: fc.boolean(),
  learnt: fc.nat(10),
  looks: fc.constantFrom<PoolEvidence["looks"]>("good", "short", "none"),
});
const anyRun = fc.array(fc.tuple(anyEvidence, fc.oneof(fc.nat(5_000), fc.nat(120_000), fc.nat(2_000_000))), {
  maxLength: 100,
});
const anyStart = fc.constantFrom(healthy, tripped, pass(tripped, [1, 100], good));

test("admitted never rises by an evaluation that isn't clean, nor by more than a step", () => {
  fc.assert(
    fc.property(anyStart, anyRun, (start, run) => {
      let [health, at] = [start, 100_000];
      for (const [each, afterMs] of run) {
        at += afterMs;
        const next = advance(health, each, monoMs(at));
        const [before, after] = [admittedOf(health), admittedOf(next)];
        const isFirstStep = before === 0 && after === ramp[0];
        if (!each.isClean || each.kind === "trip") assert.ok(after <= before || isFirstStep);
        if (after > before) assert.equal(after, [...ramp][[0, ...ramp].indexOf(before)]);
        health = next;
      }
    }),
  );
});

test("the hold is 60 s to 15 min, is never cut short, and only doubles while it keeps tripping", () => {
  fc.assert(
    fc.property(anyStart, anyRun, (start, run) => {
      let [health, at] = [start, 100_000];
      for (const [each, afterMs] of run) {
        at += afterMs;
        const next = advance(health, each, monoMs(at));
        if (next.kind === "tripped" && health.kind !== "tripped") {
          assert.ok(next.holdMs >= holdMsMin && next.holdMs <= holdMsMax);
          if (health.kind === "recovering") assert.equal(next.holdMs, Math.min(holdMsMax, health.holdMs * 2));
        }
        if (health.kind === "tripped" && next.kind !== "tripped") assert.ok(at - health.trippedAt >= health.holdMs);
        if (health.kind === "recovering" && admittedOf(next) > admittedOf(health)) {
          assert.ok(at - health.stepSince >= stepMs);
        }
        health = next;
      }
    }),
  );
});

test("without traffic and without looks a tripped pool never becomes healthy, however long", () => {
  const gaps = fc.array(fc.nat(10_000_000), { maxLength: 200 });
  fc.assert(
    fc.property(gaps, (afterMs) => {
      let [health, at] = [tripped, 0];
      for (const ms of afterMs) {
        at += ms;
        health = advance(health, evidence({ learnt: 0 }), monoMs(at));
        assert.ok(admittedOf(health) <= ramp[0]);
      }
    }),
  );
});
