import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { monoMs } from "../model.ts";
import { type Blame, blame, type PoolTrip, togetherMs } from "./common-mode.ts";

/** `stable@a 10` tripped at 10 s, `stable@b -` didn't. */
const pool = (text: string): PoolTrip => {
  const [where = "", when = "-"] = text.split(" ");
  const [channel = "", site = ""] = where.split("@");
  return { channel, site, trippedAt: when === "-" ? undefined : monoMs(Number(when) * 1_000) };
};
const short = (each: Blame | undefined): string => {
  if (each === undefined) return "nobody";
  return each.kind === "ourselves" ? each.kind : `${each.kind} ${each.kind === "site" ? each.site : each.channel}`;
};

/** Whom the first is blamed on, and by what. */
const table = [
  ["nobody", ["stable@a -", "stable@b -"]],
  ["site a", ["stable@a 10", "stable@b -"]],
  ["site a", ["stable@a 10", "canary@a 12", "stable@b -", "canary@b -"]],
  ["channel canary", ["canary@a 10", "canary@b 40", "stable@a -", "stable@b -"]],
  ["site a", ["canary@a 10", "canary@b 41", "stable@a -", "stable@b -"]],
  ["channel stable", ["stable@a 10", "stable@b 20", "canary@a -"]],
  // The canary is bad everywhere, and the site besides: each pool has its own.
  ["channel canary", ["canary@a 10", "canary@b 12", "stable@a 14", "stable@b -"]],
  ["site a", ["stable@a 14", "canary@a 10", "canary@b 12", "stable@b -"]],
  ["ourselves", ["stable@a 10", "stable@b 20"]],
  ["ourselves", ["stable@a 10", "stable@b 20", "canary@a 15", "canary@b 30"]],
  // Everything is bad, but not at once: one site fell an hour ago.
  ["site a", ["stable@a 3600", "stable@b 10"]],
  ["site a", ["stable@a 10"]],
  ["site a", ["stable@a 10", "canary@a 12"]],
] as const;

for (const [expected, texts] of table) {
  test(`${texts.join(", ")}: ${expected}`, () => {
    const pools = texts.map(pool);
    const [first] = pools;
    assert.ok(first);
    assert.equal(short(blame(first, pools)), expected);
  });
}

const anyPools = fc.uniqueArray(
  fc.record({
    channel: fc.constantFrom("stable", "canary", "experiment"),
    site: fc.constantFrom("a", "b", "c"),
    trippedAt: fc.option(fc.nat(90_000).map(monoMs), { nil: undefined }),
  }),
  { selector: ({ channel, site }) => `${channel}@${site}`, minLength: 1 },
);

test("a channel is blamed only with a companion in another site, and nobody is while one pool is well", () => {
  fc.assert(
    fc.property(anyPools, (pools) => {
      for (const each of pools) {
        const found = blame(each, pools);
        assert.equal(found === undefined, each.trippedAt === undefined);
        if (found?.kind === "ourselves") assert.ok(pools.every(({ trippedAt }) => trippedAt !== undefined));
        if (found?.kind === "site") {
          const isAlone = pools.every(
            (other) =>
              other.channel !== each.channel ||
              other.site === each.site ||
              other.trippedAt === undefined ||
              Math.abs(other.trippedAt - (each.trippedAt ?? 0)) > togetherMs,
          );
          assert.ok(isAlone);
        }
      }
    }),
  );
});

test("the order of the pools doesn't matter", () => {
  fc.assert(
    fc.property(anyPools, (pools) => {
      for (const each of pools) assert.deepEqual(blame(each, pools), blame(each, pools.toReversed()));
    }),
  );
});
