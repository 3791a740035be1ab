import assert from "node:assert/strict";
import { test } from "node:test";
import { nextTrip, type Trip } from "./trip.ts";

type Word = "tripped" | "recovering" | "healthy" | "insufficient-data" | "suspect" | undefined;

/** The trip after these words, five seconds apart. */
function after(words: readonly Word[], hasGateway = true): Trip | undefined {
  let trip: Trip | undefined;
  for (const [at, state] of words.entries()) {
    const now = { ranMs: at * 5_000, passedMs: 5_000, hasGateway };
    trip = nextTrip(trip, state && { state, because: "" }, now);
  }
  return trip;
}

const table: readonly [string, readonly Word[], Trip["standing"] | undefined][] = [
  ["said", ["tripped"], "said"],
  ["said while users come back by and by", ["tripped", "recovering"], "said"],
  ["unheard in silence", ["tripped", undefined, undefined], "unheard"],
  ["said again after a silence", ["tripped", undefined, "tripped"], "said"],
  ["over when the site says it is well", ["tripped", "healthy"], "over"],
  ["over when the half-open check is through and no user is there", ["recovering", "insufficient-data"], "over"],
  ["over after a silence that ends well", ["tripped", undefined, "healthy"], "over"],
  ["over and not unheard, when silence follows a good word", ["tripped", "healthy", undefined], "over"],
  ["nothing, as long as nothing was said", [undefined, "healthy", "suspect", "insufficient-data"], undefined],
];

for (const [name, words, standing] of table) {
  test(`a trip is ${name}`, () => assert.equal(after(words)?.standing, standing));
}

test("its age runs on through silence, starts anew with the next trip, and is forgotten half a minute after the end", () => {
  assert.deepEqual(after(["tripped", undefined, "recovering"]), { standing: "said", beganAtMs: 0 });
  assert.deepEqual(after(["tripped", "healthy", "tripped"]), { standing: "said", beganAtMs: 10_000 });
  const well = Array.from({ length: 6 }, (): Word => "healthy");
  assert.deepEqual(after(["tripped", ...well]), { standing: "over", beganAtMs: 0, stoodAtMs: 0 });
  assert.equal(after(["tripped", ...well, "healthy"]), undefined);
});

test("silence ends it where the configuration knows no gateway any more", () => {
  assert.equal(after(["tripped", undefined], false)?.standing, "over");
});
