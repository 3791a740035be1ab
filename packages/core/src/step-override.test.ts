import assert from "node:assert/strict";
import { test } from "node:test";
import { ballotsOf, commandOf, configOf, Leader } from "./fixtures.ts";
import { epochMs } from "./model.ts";
import type { Override } from "./override.ts";

const t0 = 1_000_000_000;
const fine = ballotsOf("healthy", "healthy");
const aDown = ballotsOf("down", "healthy");

function ask(kind: Override["kind"], site?: string) {
  const times = { setAt: epochMs(t0), until: epochMs(t0 + 10_000) };
  const override = { id: "o1", kind, service: "chat", ...(site ? { site } : {}), ...times, by: "anna", reason: "test" };
  return { kind: "set-override", override } as const;
}

function settled(): Leader {
  const leader = new Leader(configOf());
  leader.cycle(t0, fine);
  return leader;
}

test("a drain moves traffic, expires, and traffic returns", () => {
  const leader = settled();
  leader.cycle(t0 + 1_000, fine, [commandOf(ask("drain", "site-a"))]);
  assert.deepEqual(leader.answered, ["site-b"]);
  leader.cycle(t0 + 10_000, fine);
  assert.deepEqual(leader.answered, ["site-a"]);
});

for (const kind of ["pin", "freeze"] as const) {
  test(`a ${kind} holds traffic on a dead site and says held`, () => {
    const leader = settled();
    leader.cycle(t0 + 1_000, fine, [commandOf(ask(kind, kind === "pin" ? "site-a" : undefined))]);
    const { events } = leader.cycle(t0 + 2_000, aDown);
    assert.deepEqual(leader.answered, ["site-a"]);
    assert.ok(events.some((event) => event.kind === "held" && event.rule === kind));
  });
}

test("draining the last serving site is refused by the floor", () => {
  const leader = settled();
  const bDown = ballotsOf("healthy", "down");
  leader.cycle(t0 + 1_000, bDown);
  const { results } = leader.cycle(t0 + 2_000, bDown, [commandOf(ask("drain", "site-a"))]);
  const result = results["c1"];
  assert.ok(result?.kind === "refused");
  assert.deepEqual([result.code, result.rule], ["FLOOR", "last-serving-site"]);
  assert.deepEqual(leader.answered, ["site-a"]);
});

test("a dry run changes nothing", () => {
  const leader = settled();
  const outcome = leader.cycle(t0 + 1_000, fine, [commandOf(ask("drain", "site-a"), { isDryRun: true })]);
  assert.equal(outcome.change, undefined);
  assert.deepEqual(leader.answered, ["site-a"]);
});
