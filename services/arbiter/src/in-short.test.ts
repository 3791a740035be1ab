import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "@sluice/core";
import { inShort } from "./in-short.ts";

const turned = (at: number): Event => ({
  kind: "vote-changed",
  target: `pool:s${at}/stable@site-a`,
  agent: "agent-w",
  from: "healthy",
  to: "down",
});
const done = (at: number): Event => ({ kind: "quarantined", service: `s${at}`, site: "site-a", because: "down" });
const some = <T>(count: number, make: (at: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, at) => make(at));

test("of what is seen the first two hundred are told, and how many more there were", () => {
  const events = inShort([...some(900, turned), ...some(900, done)]);
  assert.deepEqual(events.slice(0, 200), some(200, turned));
  assert.deepEqual(events.slice(200, 1_100), some(900, done), "what is done is told in full");
  assert.deepEqual(events.slice(1_100), [{ kind: "untold", what: "vote-changed", count: 700 }]);
});

test("as many as that are told as they are", () => {
  assert.deepEqual(inShort(some(200, turned)), some(200, turned));
});
