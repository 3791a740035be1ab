import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { agoMs, type CycleClock, newCycleClock, seeDates } from "./cycle-clock.ts";
import { epochMs } from "./model.ts";
import { onSite } from "./placement.ts";
import type { ServiceState } from "./world.ts";

const stateWith = (...moves: readonly number[]): ServiceState => ({
  base: onSite("a"),
  served: onSite("a"),
  quarantine: [],
  moves: moves.map(epochMs),
});
const after = (clock: CycleClock, ms: number): CycleClock => ({ ...clock, ranMs: clock.ranMs + ms });

test("a date is as old as the cycles since it was first seen, whatever the date; what is gone is forgotten", () => {
  const first = seeDates(newCycleClock, { chat: stateWith(900), embed: stateWith() });
  const later = seeDates(after(first, 70), { chat: stateWith(900, 5), embed: stateWith() });
  const ages = [900, 5, 6].map((at) => agoMs(after(later, 30), "chat", epochMs(at)));
  assert.deepEqual(ages, [100, 30, 0]);
  assert.equal(agoMs(later, "embed", epochMs(900)), 0, "another service's date is another date");
  assert.deepEqual(seeDates(later, { chat: stateWith() }).firstSeen, {});
});

test("what has not changed costs nothing: the same services give the same clock", () => {
  const services = { chat: stateWith(1) };
  const clock = seeDates(newCycleClock, services);
  assert.equal(seeDates(clock, services), clock);
});

test("no date is ever older than the time that was counted, and a date only grows older", () => {
  const anyTurn = fc.tuple(fc.nat({ max: 5_000 }), fc.array(fc.nat({ max: 9 }), { maxLength: 3 }));
  fc.assert(
    fc.property(fc.array(anyTurn, { maxLength: 20 }), (turns) => {
      let clock = newCycleClock;
      for (const [ms, moves] of turns) {
        const before = clock;
        clock = seeDates(after(clock, ms), { chat: stateWith(...moves) });
        for (const at of moves.map(epochMs)) {
          const [was, is] = [agoMs(before, "chat", at), agoMs(clock, "chat", at)];
          assert.ok(is >= 0 && is <= clock.ranMs);
          assert.ok(is === was + ms || is === 0);
        }
      }
    }),
  );
});
