import assert from "node:assert/strict";
import { test } from "node:test";
import { verdictOf } from "./verdict.ts";

const noTrail = (): string => assert.fail("nothing to replay");

test("a whole search without an error holds, in so many states", () => {
  const output = "State-vector 124 byte, depth reached 526, errors: 0\n  1738332 states, stored\n";
  assert.deepEqual(verdictOf(output, noTrail), { kind: "holds", states: 1_738_332 });
});

test("what was searched in part proves nothing", () => {
  for (const odd of ["Warning: Search not completed\n", "error: max search depth too small\n"]) {
    const output = `${odd}State-vector 124 byte, depth reached 9, errors: 0\n  99 states, stored\n`;
    assert.equal(verdictOf(output, noTrail).kind, "unfinished");
  }
  assert.equal(verdictOf("", noTrail).kind, "unfinished");
});

test("a counter-example is told without the verifier's own words, and says what broke", () => {
  const told =
    "      arbiter 0 acquires epoch 1\n  VIOLATED fence: what is served goes back\nspin: trail ends after 9 steps\n";
  assert.deepEqual(
    verdictOf("errors: 1\n", () => told),
    {
      kind: "breaks",
      what: "fence",
      trail: ["arbiter 0 acquires epoch 1", "VIOLATED fence: what is served goes back"],
    },
  );
  assert.equal(verdictOf("errors: 1\n", () => "spin: trail ends after 9 steps").kind, "unfinished");
});
