import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ask, Command } from "./command.ts";
import type { Config } from "./config.ts";
import {
  commandOf,
  configOf,
  configOfThree,
  failoverOn,
  Leader,
  overrideOf,
  serviceOn,
  weightedOn,
} from "./fixtures.ts";
import { epochMs, type Opinion } from "./model.ts";
import type { Override } from "./override.ts";

const [up, down, unknown] = ["healthy", "down", "unknown"] as const;
const abc = (a: Opinion, b: Opinion, c: Opinion = "healthy") => ({ "site-a": a, "site-b": b, "site-c": c });
const fine = abc(up, up);
const embed = { name: "embed", host: "embed.example.test" };
const three = configOfThree(
  serviceOn(failoverOn("site-a", "site-b", "site-c")),
  serviceOn(failoverOn("site-b", "site-a"), embed),
);

const to = (site: string, service = "chat"): Ask => ({ kind: "failover", service, to: site });
const set = (kind: Override["kind"], more: Partial<Override> = {}): Ask => ({
  kind: "set-override",
  override: overrideOf(kind, more),
});
const apply = (config: Config, revisionBefore = 1): Ask => ({ kind: "apply-config", config, revisionBefore });
const back: Ask = { kind: "failback", service: "chat" };
const undo: Ask = { kind: "undo", service: "chat" };

function settled(config: Config = three): Leader {
  const leader = new Leader(config);
  leader.see(fine);
  return leader;
}

/** What is asked after what, how the sites are then, and the refusal that must come, changing nothing. */
const refusals: readonly [string, readonly Ask[], Ask, ReturnType<typeof abc>, string][] = [
  ["failover of no such service", [], to("site-a", "none"), fine, "NOT_FOUND"],
  ["failover to a site outside the policy", [], to("site-c", "embed"), fine, "NOT_FOUND"],
  ["failover to where it is", [], to("site-a"), fine, "NOTHING_TO_DO"],
  ["failover to a site that is down", [], to("site-b"), abc(up, down), "FLOOR last-serving-site"],
  [
    "failover from a dead site to another",
    [set("freeze")],
    to("site-b"),
    abc(down, down, down),
    "FLOOR last-serving-site",
  ],
  ["failover to a site nobody has proven", [], to("site-b"), abc(up, unknown), "FLOOR last-serving-site"],
  ["failover to a drained site", [set("drain", { site: "site-b" })], to("site-b"), fine, "BRAKE"],
  ["failover of a pinned service", [set("pin", { service: "chat", site: "site-a" })], to("site-b"), fine, "BRAKE"],
  ["failback of no such service", [], { kind: "failback", service: "none" }, fine, "NOT_FOUND"],
  ["failback at home", [], back, fine, "NOTHING_TO_DO"],
  ["failback of all at home", [], { kind: "failback" }, fine, "NOTHING_TO_DO"],
  ["failback to a sick home", [to("site-b")], back, abc(unknown, up), "FLOOR healthy-home"],
  ["undo of no such service", [], { kind: "undo", service: "none" }, fine, "NOT_FOUND"],
  ["undo without a move", [], undo, fine, "NOTHING_TO_DO"],
  ["undo towards a dead site", [to("site-b")], undo, abc(down, up), "FLOOR last-serving-site"],
  [
    "a pin to a dead site",
    [],
    set("pin", { service: "chat", site: "site-b" }),
    abc(up, down),
    "FLOOR last-serving-site",
  ],
  ["a pin to a site outside the policy", [], set("pin", { service: "embed", site: "site-c" }), fine, "NOT_FOUND"],
  ["a pin to a witness", [], set("pin", { service: "chat", site: "witness" }), fine, "NOT_FOUND"],
  ["a pin of no such service", [], set("pin", { service: "none", site: "site-a" }), fine, "NOT_FOUND"],
  ["a pin of every service", [], set("pin", { site: "site-a" }), fine, "BODY_INVALID"],
  ["a pin to nowhere", [], set("pin", { service: "chat" }), fine, "BODY_INVALID"],
  ["a drain of nothing", [], set("drain"), fine, "BODY_INVALID"],
  ["a drain of no such site", [], set("drain", { site: "site-z" }), fine, "NOT_FOUND"],
  ["an override that has expired", [], set("freeze", { until: epochMs(1) }), fine, "BODY_INVALID"],
  [
    "a drain of the last serving site",
    [],
    set("drain", { site: "site-a" }),
    abc(up, down, down),
    "FLOOR last-serving-site",
  ],
  [
    "a drain of the site it is pinned to",
    [set("pin", { id: "p", service: "chat", site: "site-a" })],
    set("drain", { site: "site-a" }),
    fine,
    "BRAKE",
  ],
  ["the end of no such override", [], { kind: "end-override", id: "none" }, fine, "NOT_FOUND"],
  ["a configuration made from an older one", [], apply(three, 0), fine, "CONFIG_STALE"],
  ["another installation's configuration", [], apply({ ...three, installation: "other" }), fine, "DIVERGED"],
  ["an electorate of two others", [], apply({ ...three, electorate: ["site-a"] }), fine, "ELECTORATE_JUMP"],
  [
    "a configuration without the site that serves",
    [],
    apply(configOfThree(serviceOn(failoverOn("site-b", "site-c")))),
    fine,
    "FLOOR last-serving-site",
  ],
  [
    "a configuration that takes the addresses",
    [],
    apply({ ...three, sites: three.sites.map((site) => ({ ...site, addresses: [] })) }),
    fine,
    "FLOOR never-empty",
  ],
];

for (const [name, before, ask, sites, expected] of refusals) {
  test(`refused: ${name}, and nothing changes`, () => {
    const leader = settled();
    for (const earlier of before) assert.equal(leader.ask(earlier, fine)?.kind, "done");
    // What automation does in that cycle by itself is not the command's doing.
    const alone = settledTwin(leader, sites);
    const { results, change, events } = leader.see(sites, [commandOf(ask)]);
    const result = results["c1"];
    assert.ok(result?.kind === "refused", JSON.stringify(result));
    assert.equal([result.code, ...(result.rule === undefined ? [] : [result.rule])].join(" "), expected);
    assert.deepEqual(change, alone.change);
    assert.deepEqual(
      events.filter((event) => event.kind !== "refused"),
      alone.events,
    );
    assert.equal(events.filter((event) => event.kind === "refused").length, 1);
  });

  test(`refused in a dry run: ${name}, without a trace`, () => {
    const leader = settled();
    for (const earlier of before) leader.ask(earlier, fine);
    const alone = settledTwin(leader, sites);
    const { events, change, results } = leader.see(sites, [commandOf(ask, { isDryRun: true })]);
    assert.equal(results["c1"]?.kind, "refused");
    assert.deepEqual([change, events], [alone.change, alone.events]);
  });
}

/** The same cycle of the same world without a command. */
function settledTwin(leader: Leader, sites: ReturnType<typeof abc>) {
  const twin = new Leader(three);
  twin.world = leader.world;
  twin.now = leader.now;
  return twin.see(sites);
}

/** What is asked after what, and where chat and embed are then. */
const moves: readonly [string, readonly Ask[], Ask, Partial<Command>, string, string][] = [
  ["failover", [], to("site-b"), {}, "site-b", "site-b"],
  ["failover of another", [], to("site-a", "embed"), {}, "site-a", "site-a"],
  ["failback of one", [to("site-b"), to("site-a", "embed")], back, {}, "site-a", "site-a"],
  ["failback of all", [to("site-b"), to("site-a", "embed")], { kind: "failback" }, {}, "site-a", "site-b"],
  ["undo", [to("site-b")], undo, {}, "site-a", "site-b"],
  ["undo of an undo", [to("site-b"), undo], undo, {}, "site-b", "site-b"],
  ["pin", [], set("pin", { service: "chat", site: "site-c" }), {}, "site-c", "site-b"],
  ["drain of all services", [], set("drain", { site: "site-a" }), {}, "site-b", "site-b"],
  [
    "drain of one service",
    [to("site-a", "embed")],
    set("drain", { service: "embed", site: "site-a" }),
    {},
    "site-a",
    "site-b",
  ],
  ["end of a drain", [set("drain", { site: "site-a" })], { kind: "end-override", id: "o1" }, {}, "site-a", "site-b"],
  ["freeze", [], set("freeze"), {}, "site-a", "site-b"],
  ["apply-config", [], apply(three), {}, "site-a", "site-b"],
];

for (const [name, before, ask, extra, chatAt, embedAt] of moves) {
  test(`done: ${name}`, () => {
    const leader = settled();
    for (const earlier of before) assert.equal(leader.ask(earlier, fine)?.kind, "done");
    const result = leader.ask(ask, fine, extra);
    assert.ok(result?.kind === "done", JSON.stringify(result));
    assert.deepEqual([leader.answeredFor("chat"), leader.answeredFor("embed")], [[chatAt], [embedAt]]);
  });

  test(`dry run: ${name} says what it would do, and leaves no trace`, () => {
    const leader = settled();
    for (const earlier of before) leader.ask(earlier, fine);
    const { world } = leader;
    const outcome = leader.see(fine, [commandOf(ask, { ...extra, isDryRun: true })]);
    const result = outcome.results["c1"];
    assert.ok(result?.kind === "done" && result.lines.length > 0);
    assert.deepEqual([result.sequences, outcome.change, outcome.events], [[], undefined, []]);
    assert.equal(leader.world.durable, world.durable);
  });
}

test("a floor yields to the operator who names it, and the journal says so", () => {
  const leader = settled();
  const overrideRules = ["last-serving-site"];
  const outcome = leader.see(abc(up, down), [commandOf(to("site-b"), { overrideRules })]);
  assert.ok(outcome.events.some((event) => event.kind === "rule-overridden" && event.rule === "last-serving-site"));
  const decided = outcome.events.filter((event) => event.kind === "decided");
  assert.equal(decided[0]?.decision.cause.kind, "operator");
});

test("failback readmits; all of it or nothing", () => {
  const leader = settled();
  leader.see(abc(down, up));
  leader.ask(to("site-a", "embed"), fine);
  assert.equal(leader.state?.quarantine.length, 1);
  const result = leader.ask({ kind: "failback" }, abc(up, unknown));
  assert.equal(result?.kind, "refused", "embed's home is unknown, so chat doesn't move either");
  assert.deepEqual(leader.answered, ["site-b"]);
  assert.equal(leader.ask(back, fine)?.kind, "done");
  assert.deepEqual([leader.answered, leader.state?.quarantine], [["site-a"], []]);
});

test("a pin, a drain, a freeze set twice replace the one before", () => {
  for (const [kind, more] of [
    ["pin", { service: "chat", site: "site-b" }],
    ["drain", { site: "site-a" }],
    ["freeze", {}],
  ] as const) {
    const leader = settled();
    leader.ask(set(kind, { id: "first", ...more }), fine);
    leader.ask(set(kind, { id: "second", ...more, ...(kind === "pin" ? { site: "site-c" } : {}) }), fine);
    assert.deepEqual(
      leader.world.durable.overrides.map(({ id }) => id),
      ["second"],
    );
  }
  const leader = settled();
  leader.ask(set("drain", { id: "first", service: "chat", site: "site-a" }), fine);
  leader.ask(set("drain", { id: "second", service: "chat", site: "site-b" }), fine);
  assert.deepEqual(
    leader.world.durable.overrides.map(({ id }) => id),
    ["first", "second"],
  );
  assert.deepEqual(leader.answered, ["site-c"]);
});

test("a new configuration moves nobody off a site by itself, and new shares hold at once", () => {
  const leader = settled(configOfThree(serviceOn(weightedOn({ "site-a": 80, "site-b": 20 }))));
  const more = configOfThree(serviceOn(weightedOn({ "site-a": 50, "site-b": 50, "site-c": 10 })));
  const { change } = leader.see(fine, [commandOf(apply(more))]);
  assert.deepEqual(
    change?.snapshot?.services[0]?.choices.map(({ share }) => share),
    [50, 50],
  );
  assert.deepEqual(leader.state?.moves, [], "an operator's change is no automatic move");
  assert.equal(leader.ask({ kind: "failback" }, fine)?.kind, "done");
  assert.deepEqual(leader.answered, ["site-a", "site-b", "site-c"]);
  leader.ask(apply(configOfThree(serviceOn(failoverOn("site-b", "site-a"))), 2), fine);
  assert.deepEqual(leader.answered, ["site-b"], "a failover service is on one site");
});

test("what a configuration takes away goes home when the rule is named, with overrides and history of it", () => {
  const leader = settled();
  leader.ask(to("site-b"), fine);
  leader.ask(set("drain", { id: "of-c", service: "chat", site: "site-c" }), fine);
  const config = configOfThree(serviceOn(failoverOn("site-a")));
  const outcome = leader.see(fine, [commandOf(apply(config), { overrideRules: ["last-serving-site"] })]);
  assert.equal(outcome.results["c1"]?.kind, "done");
  assert.deepEqual(leader.answered, ["site-a"]);
  assert.deepEqual([leader.world.durable.overrides, outcome.change?.servicesRemoved], [[], ["embed"]]);
  assert.ok(outcome.events.some((event) => event.kind === "override-ended" && event.because === "config"));
});

test("a sorry address that the configuration no longer has is not served on", () => {
  const sorry = { kind: "sorry", addresses: ["127.0.0.99"] } as const;
  const on = failoverOn("site-a", "site-b");
  const leader = settled(configOfThree(serviceOn(on, { allBad: sorry })));
  leader.see(abc(down, down));
  assert.deepEqual(leader.answered, ["sorry"]);
  const result = leader.ask(apply(configOfThree(serviceOn(on))), abc(down, down));
  assert.ok(result?.kind === "refused" && result.rule === "last-serving-site");
});

test("an operator may send a weighted service to one site, also one without a share", () => {
  const leader = settled(configOfThree(serviceOn(weightedOn({ "site-a": 80, "site-b": 20, "site-c": 0 }))));
  leader.ask(to("site-c"), fine);
  leader.pass(600_000, fine);
  assert.deepEqual(leader.answered, ["site-c"]);
});

test("commands of one cycle are carried out in turn, each on what the one before left", () => {
  const leader = settled(configOf());
  const commands = [
    commandOf(to("site-b"), { id: "1" }),
    commandOf(to("site-b"), { id: "2" }),
    commandOf(back, { id: "3" }),
  ];
  const { results, change } = leader.see(fine, commands);
  assert.deepEqual(
    Object.values(results).map(({ kind }) => kind),
    ["done", "refused", "done"],
  );
  assert.deepEqual(
    change?.decisions.map(({ sequence }) => sequence),
    [2, 3],
  );
  assert.deepEqual(leader.answered, ["site-a"]);
});
