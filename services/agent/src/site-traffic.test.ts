import assert from "node:assert/strict";
import { test } from "node:test";
import type { PoolTraffic, TrafficState } from "@sluice/core";
import { makeSiteTraffic } from "./site-traffic.ts";

const target = "pool:chat/stable@site-a";
const elsewhere = "pool:chat/stable@site-b";
const pool = (state: TrafficState, more: Partial<PoolTraffic> = {}): PoolTraffic => ({
  target,
  state,
  because: "3 of 9",
  ...more,
});

function open(...gateways: readonly string[]) {
  const traffic = makeSiteTraffic();
  traffic.configure({ gateways, pools: [target], intervalMs: 1_000 });
  return {
    ...traffic,
    hear: (gateway: string, at: number, ...pools: readonly PoolTraffic[]) => traffic.hear({ gateway, pools }, at),
    state: (now: number) => traffic.addTo([{ target, opinion: "healthy", suspect: false }], now)[0]?.traffic?.state,
  };
}

test("what a gateway says counts for four intervals from when it was asked, and then nothing is said", () => {
  const site = open("gw-1");
  assert.equal(site.state(0), undefined);
  site.hear("gw-1", 1_000, pool("tripped"));
  assert.deepEqual([site.state(1_000), site.state(5_000), site.state(5_001)], ["tripped", "tripped", undefined]);
});

test("a change of what the site says is one, and the same again is none", () => {
  const site = open("gw-1");
  assert.equal(site.hear("gw-1", 0, pool("insufficient-data")), true);
  assert.equal(site.hear("gw-1", 1_000, pool("insufficient-data", { because: "other numbers" })), false);
  assert.equal(site.hear("gw-1", 2_000, pool("tripped")), true);
  assert.equal(site.hear("gw-1", 3_000), true, "it no longer speaks of the pool");
  assert.equal(site.state(3_000), undefined);
});

test("one of two gateways with a bad link doesn't speak for the site, also when the other's traffic thins out", () => {
  const site = open("gw-1", "gw-2");
  site.hear("gw-2", 0, pool("healthy"));
  assert.equal(site.hear("gw-1", 500, pool("tripped")), true);
  assert.equal(site.state(500), "suspect");
  for (let at = 1_000; at < 60_000; at += 1_000) {
    site.hear("gw-2", at, pool("insufficient-data"));
    site.hear("gw-1", at + 500, pool("tripped"));
    assert.equal(site.state(at + 500), "suspect");
  }
  site.hear("gw-2", 60_000, pool("tripped"));
  assert.equal(site.state(60_000), "tripped");
});

test("a gateway that is gone no longer objects, nor remembers", () => {
  const site = open("gw-1", "gw-2");
  site.hear("gw-2", 0, pool("healthy"));
  for (let at = 1_000; at <= 5_000; at += 1_000) site.hear("gw-1", at, pool("tripped"));
  assert.equal(site.state(5_000), "tripped");
  site.hear("gw-2", 5_500, pool("insufficient-data"));
  assert.equal(site.state(5_500), "tripped", "it came back with no memory of having been well");
});

test("only configured gateways speak, and only of the site's own pools", () => {
  const site = open("gw-1");
  assert.equal(site.hear("gw-9", 0, pool("tripped")), false);
  assert.equal(site.hear("gw-1", 0, pool("tripped", { target: elsewhere })), false);
  const votes = [target, elsewhere].map((each) => ({ target: each, opinion: "healthy", suspect: false }) as const);
  assert.deepEqual(site.addTo(votes, 0), votes);
  site.hear("gw-1", 0, pool("tripped"));
  site.configure({ gateways: [], pools: [target], intervalMs: 1_000 });
  assert.deepEqual(site.addTo(votes, 0), votes, "one that left is forgotten");
});

test("what a gateway says reaches nobody's terminal as control characters", () => {
  const site = open("gw-1");
  site.hear("gw-1", 0, pool("tripped", { because: "\u001b[2J3 of 9" }));
  assert.equal(site.addTo([{ target, opinion: "healthy", suspect: false }], 0)[0]?.traffic?.because, "?[2J3 of 9");
});
