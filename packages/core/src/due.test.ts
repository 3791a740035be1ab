import assert from "node:assert/strict";
import { test } from "node:test";
import { hourMs } from "./brake.ts";
import { configOf, Leader } from "./fixtures.ts";

const down = { "site-a": "down", "site-b": "healthy" } as const;

/* That every wait is known is a law, in laws-increment.test.ts; its histories are shorter than an hour. */

test("moves are forgotten after an hour in which nothing happens", () => {
  const leader = new Leader(configOf());
  leader.see({ "site-a": "healthy", "site-b": "healthy" });
  leader.see(down);
  assert.equal(leader.state?.moves.length, 1);
  leader.pass(hourMs - 1_000, down);
  assert.equal(leader.state?.moves.length, 1);
  leader.pass(1_000, down);
  assert.deepEqual(leader.state?.moves, []);
});
