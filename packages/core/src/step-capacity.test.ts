import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config, ServiceConfig } from "./config.ts";
import { configOfThree, failoverOn, Leader, serviceOn, weightedOn } from "./fixtures.ts";
import type { Opinion } from "./model.ts";
import { formatPlacement } from "./placement.ts";

const [up, bad, down] = ["healthy", "degraded", "down"] as const;
const abc = (a: Opinion, b: Opinion, c: Opinion = up) => ({ "site-a": a, "site-b": b, "site-c": c });
const named = (name: string, load: number, ...sites: readonly string[]): ServiceConfig =>
  serviceOn(failoverOn(...sites), { name, host: `${name}.example.test`, load });
const carrying = (config: Config, capacities: Readonly<Record<string, number>>): Config => ({
  ...config,
  sites: config.sites.map((site) => {
    const capacity = capacities[site.name];
    return capacity === undefined ? site : { ...site, capacity };
  }),
});
function settled(config: Config): Leader {
  const leader = new Leader(config);
  leader.see(abc(up, up));
  return leader;
}

test("a degraded site is not left for one that can't carry the load on top of what it has", () => {
  const config = configOfThree(named("chat", 80, "site-a", "site-b"), named("embed", 30, "site-b", "site-a"));
  const leader = settled(carrying(config, { "site-b": 100 }));
  leader.see(abc(bad, up));
  assert.deepEqual([leader.answered, leader.held], [["site-a"], "capacity"]);
  assert.equal(leader.world.watch.held["chat"]?.because, "site-b would carry 110 and has a capacity of 100");
  const roomy = settled(carrying(config, { "site-b": 110 }));
  roomy.see(abc(bad, up));
  assert.deepEqual(roomy.answered, ["site-b"]);
});

test("two services can't both take the last room in one cycle", () => {
  const config = configOfThree(named("chat", 60, "site-a", "site-b"), named("embed", 60, "site-a", "site-b"));
  const leader = settled(carrying(config, { "site-b": 100 }));
  leader.see(abc(bad, up));
  assert.deepEqual([leader.answered, leader.answeredFor("embed")], [["site-b"], ["site-a"]]);
});

test("an evacuation moves at once: to a site with room where there is one, and else to the first", () => {
  const config = configOfThree(named("chat", 80, "site-a", "site-b", "site-c"));
  const leader = settled(carrying(config, { "site-b": 50 }));
  leader.see(abc(down, up, up));
  assert.deepEqual(leader.answered, ["site-c"]);
  const full = settled(carrying(config, { "site-b": 50, "site-c": 50 }));
  full.see(abc(down, up, up));
  assert.deepEqual([full.answered, full.held], [["site-b"], undefined]);
});

test("a failback goes as far as there is room, and on when there is more", () => {
  const chat: ServiceConfig = {
    ...named("chat", 80, "site-a", "site-b"),
    failback: { kind: "auto-after", afterMs: 1_000 },
  };
  const config = carrying(configOfThree(chat, named("embed", 60, "site-a", "site-b")), { "site-a": 80 });
  const guards = { ...config.guards, readmitAfterMs: 1_000, rampStepMs: 10_000, cooldownMs: 0, movesPerHourMax: 9 };
  const leader = settled({ ...config, guards });
  const embedStays = { kind: "pin" as const, id: "o1", service: "embed", site: "site-a", by: "anna", reason: "test" };
  const until = (leader.now + 3_600_000) as never;
  leader.ask({ kind: "set-override", override: { ...embedStays, setAt: 0 as never, until } }, abc(up, up));
  leader.see(abc(down, up));
  leader.see(abc(up, up));
  leader.pass(120_000, abc(up, up));
  assert.equal(leader.state && formatPlacement(leader.state.served), "site-a 20, site-b 80");
  assert.equal(leader.held, "capacity");
  leader.ask({ kind: "end-override", id: "o1" }, abc(up, up));
  leader.ask({ kind: "failover", service: "embed", to: "site-b" }, abc(up, up));
  leader.pass(60_000, abc(up, up));
  assert.deepEqual(leader.answered, ["site-a"]);
});

test("where no load is declared nothing is reckoned, and a weighted service puts its load by share", () => {
  const leader = settled(carrying(configOfThree(serviceOn(failoverOn("site-a", "site-b"))), { "site-b": 0 }));
  leader.see(abc(bad, up));
  assert.deepEqual(leader.answered, ["site-b"]);
  const shared = serviceOn(weightedOn({ "site-b": 50, "site-c": 50 }), {
    name: "embed",
    host: "e.example.test",
    load: 40,
  });
  const config = configOfThree(named("chat", 80, "site-a", "site-b"), shared);
  const full = settled(carrying(config, { "site-b": 99 }));
  full.see(abc(bad, up));
  assert.equal(full.world.watch.held["chat"]?.because, "site-b would carry 100 and has a capacity of 99");
});
