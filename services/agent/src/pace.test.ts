import assert from "node:assert/strict";
import { test } from "node:test";
import { beatOf, beginLook, endLook, inFlightMax, isDue, newPace, nextLookAt, type Pace, suspect } from "./pace.ts";

const thresholds = { fall: 4, rise: 5, degradedFailures: 6, degradedLooks: 10 };
const intervalMs = 1000;

/** Looks `count` times on a virtual clock, each ending at once; gives the times looked at. */
function run(start: Pace, count: number, failed: (index: number) => boolean): { pace: Pace; times: number[] } {
  let pace = start;
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const now = nextLookAt(pace, intervalMs);
    assert.ok(now !== undefined);
    times.push(now);
    pace = endLook(beginLook(pace, now), failed(index), thresholds);
  }
  return { pace, times };
}

const healthy = (): Pace => run(newPace("edge:site-a", 0, intervalMs), 5, () => false).pace;
const gaps = (times: readonly number[]): number[] => times.slice(1).map((time, index) => time - (times[index] ?? 0));

test("a killed target is down four looks and 750 ms after the first failure", () => {
  const { pace, times } = run(healthy(), 4, () => true);
  assert.equal(pace.health.opinion, "down");
  assert.deepEqual(gaps(times), [250, 250, 250]);
});

test("an alternating target is never down", () => {
  let pace = healthy();
  for (let round = 0; round < 50; round += 1) {
    pace = run(pace, 1, () => round % 2 === 0).pace;
    assert.equal(pace.health.opinion, "up");
  }
});

test("a healthy target is looked at once an interval", () => {
  assert.deepEqual(gaps(run(healthy(), 4, () => false).times), [1000, 1000, 1000]);
});

test("a silent target is looked at again without waiting for the look before, within bounds", () => {
  let pace = endLook(beginLook(healthy(), 5000), true, thresholds);
  for (let index = 1; index <= inFlightMax; index += 1) {
    assert.equal(nextLookAt(pace, intervalMs), 5000 + index * 250);
    pace = beginLook(pace, 5000 + index * 250);
  }
  assert.equal(nextLookAt(pace, intervalMs), undefined);
});

test("suspicion brings one look at once, and never two within a quarter of the interval", () => {
  const looked = endLook(beginLook(healthy(), 5000), false, thresholds);
  assert.equal(nextLookAt(suspect(looked, 5400), intervalMs), 5400);
  assert.equal(nextLookAt(suspect(looked, 5100), intervalMs), 5250);
  const answered = endLook(beginLook(suspect(looked, 5400), 5400), false, thresholds);
  assert.equal(nextLookAt(answered, intervalMs), 6400);
});

test("a discarded look changes no health", () => {
  const pace = healthy();
  assert.deepEqual(endLook(beginLook(pace, 5000), undefined, thresholds).health, pace.health);
});

test("few targets begin on four beats of the interval, many on as many as keep the groups small", () => {
  assert.equal(beatOf(10, 1000), 250);
  assert.equal(beatOf(1000, 1000), 8);
  const begin = (beatMs: number): readonly number[] =>
    Array.from({ length: 1000 }, (_, at) => newPace(`pool:chat/stable@site-${at}`, 7, 1000, beatMs).firstAt);
  assert.deepEqual(
    [...new Set(begin(250))].sort((a, b) => a - b),
    [7, 257, 507, 757],
  );
  const sizes = [...Map.groupBy(begin(8), (at) => at).values()].map((group) => group.length);
  assert.ok(Math.max(...sizes) <= 24, `${Math.max(...sizes)} at once`);
});

test("calm looks of one beat stay together; quickened ones keep their time", () => {
  const calm = beginLook(healthy(), 5000);
  assert.equal(isDue({ ...calm, inFlight: 0 }, 5990, 1000), true);
  assert.equal(isDue({ ...calm, inFlight: 0 }, 5989, 1000), false);
  const failing = endLook(calm, true, thresholds);
  assert.equal(isDue(failing, 5249, 1000), true);
  assert.equal(isDue(failing, 5248, 1000), false);
});

test("first looks are spread over the interval", () => {
  const times = ["edge:a", "edge:b", "pool:chat/stable@a", "pool:chat/stable@b"].map(
    (key) => newPace(key, 0, 1000).firstAt,
  );
  assert.equal(new Set(times).size, times.length);
  assert.ok(times.every((time) => time >= 0 && time < 1000));
});
