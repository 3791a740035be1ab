import assert from "node:assert/strict";
import { test } from "node:test";
import { type Health, isQuickened, isSuspect, newHealth, observe, opinionOf } from "./health.ts";

const thresholds = { fall: 4, rise: 5, degradedFailures: 6, degradedLooks: 10 };
/** Looks as text: `x` failed, `.` good. */
const after = (looks: string, from: Health = newHealth): Health =>
  looks.split("").reduce((health, look) => observe(health, look === "x", thresholds), from);

const table = [
  { looks: "", votes: "unknown", quickened: true, suspect: false },
  { looks: "....", votes: "unknown", quickened: true, suspect: false },
  { looks: ".....", votes: "healthy", quickened: false, suspect: false },
  { looks: "xxx", votes: "unknown", quickened: true, suspect: false },
  { looks: "xxxx", votes: "down", quickened: false, suspect: false },
  { looks: ".....x", votes: "healthy", quickened: true, suspect: true },
  { looks: ".....xxx", votes: "healthy", quickened: true, suspect: true },
  { looks: ".....xxx.", votes: "healthy", quickened: false, suspect: false },
  { looks: ".....xxxx", votes: "down", quickened: false, suspect: false },
  { looks: "xxxx....", votes: "down", quickened: true, suspect: false },
  { looks: "xxxx....x", votes: "down", quickened: false, suspect: false },
  { looks: "..........xxx.xxx", votes: "degraded", quickened: true, suspect: true },
  { looks: "..........xxx.xx.", votes: "healthy", quickened: false, suspect: false },
] as const;

for (const row of table) {
  test(`after "${row.looks}" the vote is ${row.votes}`, () => {
    const health = after(row.looks);
    assert.equal(opinionOf(health, thresholds), row.votes);
    assert.equal(isQuickened(health), row.quickened);
    assert.equal(isSuspect(health), row.suspect);
  });
}

test("alternating looks never turn a healthy target down", () => {
  let health = after(".....");
  for (let look = 0; look < 200; look += 1) {
    health = observe(health, look % 2 === 0, thresholds);
    assert.equal(health.opinion, "up");
  }
});
