import assert from "node:assert/strict";
import { test } from "node:test";
import { bid, sight, leaseTiming as timing, whyNotWrite } from "./lease.ts";
import { monoMs } from "./model.ts";

const row = { holder: "one", epoch: 1, expiresAt: "x", isExpired: false };
const at = (now: number) => ({ now: monoMs(now), ableSince: monoMs(0), timing });

test("a leader writes for 8 s after sending its renewal, while its clocks agree", () => {
  const held = { epoch: 1, renewSentAt: monoMs(0), wallMinusMonoMs: 100 };
  const ask = (mono: number, wallMinusMonoMs: number) =>
    whyNotWrite(held, { mono: monoMs(mono), wallMinusMonoMs }, timing);
  assert.equal(ask(7_999, 1_100), undefined);
  assert.equal(ask(8_000, 100), "renewal-too-old");
  assert.equal(ask(1, 1_101), "clocks-disagree");
  assert.equal(ask(1, -901), "clocks-disagree");
});

test("an expired row is acquired, later by rank", () => {
  const seen = sight(sight(undefined, row, monoMs(0)), { ...row, isExpired: true }, monoMs(100));
  assert.equal(bid(seen, 0, at(100)), "acquire");
  assert.equal(bid(seen, 1, at(599)), "wait");
  assert.equal(bid(seen, 1, at(600)), "acquire");
  const able = { ...at(5_000), ableSince: monoMs(4_600) };
  assert.deepEqual([bid(seen, 0, able), bid(seen, 1, able)], ["acquire", "wait"], "its turn counts from when it could");
});

test("an unchanged row is seized after 12 s whatever its date, and a changed one starts anew", () => {
  const seen = sight(sight(undefined, row, monoMs(0)), row, monoMs(11_000));
  assert.equal(bid(seen, 0, at(11_999)), "wait");
  assert.equal(bid(seen, 0, at(12_000)), "seize");
  assert.equal(bid(seen, 1, at(12_499)), "wait");
  const renewed = sight(seen, { ...row, expiresAt: "y" }, monoMs(11_500));
  assert.equal(bid(renewed, 0, at(12_000)), "wait");
});
