import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "./config.ts";
import {
  ballotsFor,
  configOf,
  configOfThree,
  failoverOn,
  gatewaysAt,
  Leader,
  sayTraffic,
  serviceOn,
  weightedOn,
} from "./fixtures.ts";
import type { Opinion } from "./model.ts";
import type { Outcome } from "./step.ts";
import { valueOf } from "./table.ts";
import type { TrafficState } from "./traffic/report.ts";
import { newWatch } from "./world.ts";

const [up, down, unknown] = ["healthy", "down", "unknown"] as const;
const ab = (a: Opinion, b: Opinion) => ({ "site-a": a, "site-b": b });
const fine = { "site-a": up, "site-b": up, "site-c": up } as const;
const [inA, inB] = ["pool:chat/stable@site-a", "pool:chat/stable@site-b"] as const;

type Words = Readonly<Record<string, TrafficState | undefined>>;
const well: Words = { "site-a": "healthy", "site-b": "insufficient-data" };
const tripped: Words = { ...well, "site-a": "tripped" };
const withGateways = (config: Config): Config => ({ ...config, gateways: gatewaysAt("site-a", "site-b", "site-c") });

class Site extends Leader {
  constructor(config: Config = configOf()) {
    super(withGateways(config));
    this.hear(well);
  }

  /** One cycle a second later: what looks say of each site, and what each says of its own traffic. */
  hear(words: Words, bySite: Readonly<Record<string, Opinion>> = fine): Outcome {
    return this.cycle(this.now + 1_000, sayTraffic(ballotsFor(this.world.durable.config, bySite), words));
  }

  /** The same, of those pools only whose keys begin so. */
  hearOf(pools: string, words: Words, bySite: Readonly<Record<string, Opinion>> = fine): Outcome {
    const ballots = ballotsFor(this.world.durable.config, bySite);
    const isMeant = ({ target }: { readonly target: string }): boolean => target.startsWith(pools);
    const said = sayTraffic({ ...ballots, votes: ballots.votes.filter(isMeant) }, words);
    const votes = [...ballots.votes.filter((vote) => !isMeant(vote)), ...said.votes];
    return this.cycle(this.now + 1_000, { ...ballots, votes });
  }

  /** As many seconds of the same. */
  hearFor(seconds: number, words: Words, bySite: Readonly<Record<string, Opinion>> = fine): void {
    for (let second = 0; second < seconds; second += 1) this.hear(words, bySite);
  }

  verdictOn(target: string): string {
    const state = valueOf(this.world.watch.verdicts, target);
    return `${state?.verdict.kind} ${state?.verdict.because}`;
  }
}

const three = (): Config => configOfThree(serviceOn(failoverOn("site-a", "site-b", "site-c")));
const kinds = (outcome: Outcome): readonly string[] => outcome.events.map((event) => event.kind);

test("a site that testifies against itself is left for one that is healthy by quorum, with its numbers, and quarantined", () => {
  const leader = new Site();
  const outcome = leader.hear(tripped);
  assert.equal(leader.verdictOn(inA), "degraded own-traffic");
  assert.deepEqual(leader.answered, ["site-b"]);
  assert.deepEqual(
    leader.state?.quarantine.map(({ site, because }) => `${site} ${because}`),
    ["site-a degraded"],
  );
  const decided = outcome.events.find((event) => event.kind === "decided");
  assert.deepEqual(decided?.decision.cause, { kind: "leave-degraded", site: "site-a" });
  assert.equal(decided?.decision.because, `${inA} is degraded (own-traffic: tripped for a test) and site-b is healthy`);
});

test("it comes back quarantined until a clean check run or an operator, and never by itself", () => {
  const leader = new Site();
  leader.hear(tripped);
  leader.hear(well);
  assert.equal(leader.verdictOn(inA), "healthy majority");
  leader.hearFor(599, well);
  assert.equal(leader.state?.quarantine.length, 1);
  leader.hearFor(2, well);
  assert.deepEqual([leader.state?.quarantine, leader.answered], [[], ["site-b"]]);
});

test("the trip stays when the traffic has gone, while users come back, and through a split vote", () => {
  const leader = new Site();
  leader.hear(tripped);
  leader.hearFor(120, tripped);
  leader.hearFor(120, { ...well, "site-a": "recovering" });
  assert.equal(leader.verdictOn(inA), "degraded own-traffic");
  leader.hear({ ...well, "site-a": "healthy" }, ab(unknown, up));
  assert.equal(leader.verdictOn(inA), "unknown too-few-fresh");
});

test("what looks said before traffic spoke is what a split vote holds to", () => {
  const leader = new Site();
  leader.hear(tripped);
  const ballots = sayTraffic(ballotsFor(leader.world.durable.config, fine), well);
  const votes = ballots.votes.map((vote) =>
    vote.target !== inA || vote.domain === "site-a"
      ? vote
      : { ...vote, opinion: vote.domain === "witness" ? down : ("unknown" as const) },
  );
  leader.cycle(leader.now + 1_000, { ...ballots, votes });
  assert.equal(leader.verdictOn(inA), "healthy split");
});

test("an agent that falls silent heals nothing, and moves nothing", () => {
  const leader = new Site();
  leader.hear({ ...well, "site-a": "tripped", "site-b": "tripped" });
  assert.deepEqual(leader.answered, ["site-a"], "nowhere to go");
  const silent: Words = { "site-b": "healthy" };
  leader.hearFor(120, silent);
  assert.equal(leader.verdictOn(inA), "degraded own-traffic-unheard");
  assert.equal(leader.verdictOn(inB), "healthy majority");
  assert.deepEqual([leader.answered, leader.situation], [["site-a"], "site-degraded-no-standby"]);
  leader.hear({ ...silent, "site-a": "tripped" });
  assert.deepEqual(leader.answered, ["site-b"], "its own word moves it");
});

test("a trip whose gateways the configuration no longer knows ends with their silence", () => {
  const leader = new Site(configOf());
  leader.hear(tripped);
  const { durable, watch } = leader.world;
  leader.world = { durable: { ...durable, config: { ...durable.config, gateways: gatewaysAt("site-b") } }, watch };
  leader.hear({ "site-b": "healthy" });
  assert.equal(leader.verdictOn(inA), "healthy majority");
});

test("its own traffic can't mask that a site is down, nor prove one that is unknown", () => {
  const leader = new Site();
  leader.hear({ ...well, "site-a": "recovering" }, ab(down, unknown));
  assert.equal(leader.verdictOn(inA), "down majority");
  leader.hear({ "site-a": "healthy", "site-b": "tripped" }, ab(down, unknown));
  assert.equal(leader.verdictOn(inB), "unknown too-few-fresh");
  assert.deepEqual([leader.answered, leader.situation], [["site-a"], "everything-down"]);
  leader.hear({ "site-b": "tripped" }, ab(down, up));
  assert.deepEqual(leader.answered, ["site-b"], "slow beats dead");
});

test("a site can't testify against another", () => {
  const leader = new Site();
  const ballots = ballotsFor(leader.world.durable.config, fine);
  const traffic = { state: "tripped", because: "so they say" } as const;
  const votes = ballots.votes.map((vote) => (vote.domain === "site-a" ? vote : { ...vote, traffic }));
  leader.cycle(leader.now + 1_000, { ...ballots, votes });
  assert.equal(leader.verdictOn(inA), "healthy majority");
});

test("a pool that nobody has found well yet is warming, and is left like any other; one that was is down", () => {
  const leader = new Leader(configOf());
  const verdict = (target: string) => valueOf(leader.world.watch.verdicts, target)?.verdict;
  leader.see(ab(up, down));
  assert.deepEqual(verdict(inB), { kind: "down", because: "warming" });
  leader.see(ab(up, up));
  leader.see(ab(up, down));
  assert.deepEqual(verdict(inB), { kind: "down", because: "majority" });

  const young = new Leader(configOf());
  young.see(ab(down, up));
  assert.equal(valueOf(young.world.watch.verdicts, inA)?.verdict.because, "warming");
  assert.deepEqual(young.answeredFor("chat"), ["site-b"]);
  // Who starts after it finds the site in quarantine, and so knows that it was left.
  young.world = { ...young.world, watch: newWatch };
  young.see(ab(down, up));
  assert.equal(valueOf(young.world.watch.verdicts, inA)?.verdict.because, "majority");
});

test("it is left for no site that isn't healthy by quorum", () => {
  for (const other of ["degraded", "unknown", "down"] as const) {
    const leader = new Site();
    leader.hear(tripped, ab(up, other));
    assert.deepEqual([leader.answered, leader.situation], [["site-a"], "site-degraded-no-standby"]);
  }
});

test("it is left for no site that tripped in the same channel within half a minute", () => {
  const leader = new Site();
  leader.hear({ ...well, "site-b": "tripped" });
  leader.hearFor(60, { ...well, "site-b": "tripped" });
  leader.hear(well);
  leader.hearFor(25, tripped);
  assert.deepEqual(leader.answered, ["site-a"], "site-b is healthy, and tripped a moment ago");
  leader.hearFor(5, tripped);
  assert.deepEqual(leader.answered, ["site-b"]);
});

test("failback by itself waits until the trip at home has been over for half a minute", () => {
  const guards = { ...configOf().guards, cooldownMs: 1_000, readmitAfterMs: 1_000 };
  const leader = new Site({ ...configOf({ failback: { kind: "auto-after", afterMs: 1_000 } }), guards });
  leader.hear(tripped);
  leader.hearFor(30, well);
  assert.deepEqual([leader.state?.quarantine, leader.answered], [[], ["site-b"]]);
  leader.hearFor(2, well);
  assert.deepEqual(leader.answered, ["site-a"]);
});

test("all brakes apply", () => {
  const leader = new Site(three());
  leader.hear(tripped);
  leader.hearFor(40, tripped);
  leader.hear({ ...tripped, "site-b": "tripped" });
  assert.deepEqual([leader.answered, leader.held], [["site-b"], "cool-down"]);
  leader.hearFor(20, { ...tripped, "site-b": "tripped" });
  assert.deepEqual([leader.answered, leader.state?.latchedAt === undefined], [["site-c"], false]);
});

test("the same channel in two sites together is the channel's fault: nothing moves, and it is said once", () => {
  const leader = new Site(three());
  const both = { "site-a": "tripped", "site-b": "tripped", "site-c": "healthy" } as const;
  const first = leader.hear(both);
  assert.deepEqual([leader.answered, leader.held], [["site-a"], "common-mode"], "though site-c is healthy");
  assert.deepEqual(
    kinds(first).filter((kind) => kind === "blamed" || kind === "held"),
    ["blamed", "held"],
  );
  const later = Array.from({ length: 120 }, () => leader.hear(both)).flatMap(kinds);
  assert.deepEqual([later.includes("blamed"), later.includes("held"), leader.answered], [false, false, ["site-a"]]);
  const mended = { ...both, "site-b": "healthy" } as const;
  const end = Array.from({ length: 31 }, () => leader.hear(mended)).flatMap(kinds);
  assert.deepEqual([end.includes("blame-ended"), leader.answered], [true, ["site-b"]], "site-a is left alone with it");
});

test("a release that is bad everywhere takes its users to one other site, and not round all of them", () => {
  const leader = new Site(three());
  leader.hear(tripped);
  assert.deepEqual(leader.answered, ["site-b"]);
  leader.hearFor(10, tripped);
  leader.hearFor(600, { ...tripped, "site-b": "tripped", "site-c": "healthy" });
  assert.deepEqual([leader.answered, leader.held], [["site-b"], "common-mode"]);
});

test("a blamed channel doesn't keep anybody on a dead site", () => {
  const leader = new Site(three());
  const both = { "site-a": "tripped", "site-b": "tripped", "site-c": "healthy" } as const;
  leader.hear(both);
  leader.hear(both, { ...fine, "site-a": down });
  assert.deepEqual(leader.answered, ["site-c"]);
});

test("everything bad everywhere is our own fault: no degraded site is left, not even for failing looks", () => {
  const pools = ["stable", "canary"].flatMap((channel) =>
    serviceOn(failoverOn("site-a", "site-b")).pools.map((pool) => ({ ...pool, channel })),
  );
  const channels = [
    { name: "stable", weight: 90 },
    { name: "canary", weight: 10 },
  ];
  const embed = serviceOn(failoverOn("site-c", "site-a"), { name: "embed", host: "embed.example.test" });
  const leader = new Site(configOfThree(serviceOn(failoverOn("site-a", "site-b"), { channels, pools }), embed));
  const both = { "site-a": "tripped", "site-b": "tripped" } as const;
  const outcome = leader.hearOf("pool:chat/", both);
  const blames = outcome.events.flatMap((event) => (event.kind === "blamed" ? [event.what.kind] : []));
  assert.deepEqual(blames, ["ourselves"]);
  leader.hearOf("pool:chat/", both, { ...fine, "site-c": "degraded" });
  const held = leader.world.watch.held["embed"];
  assert.match(`${held?.rule}: ${held?.because}`, /^common-mode: all 4 pools/);
  assert.deepEqual([leader.answeredFor("embed"), leader.answered], [["site-c"], ["site-a"]]);
  leader.hearOf("pool:chat/", both, { ...fine, "site-c": down });
  assert.deepEqual(leader.answeredFor("embed"), ["site-a"], "a dead site is left all the same");
});

test("a channel that doesn't steer DNS is shown, and moves nothing", () => {
  const canary = serviceOn(failoverOn("site-a", "site-b")).pools.map((pool) => ({ ...pool, channel: "canary" }));
  const service = serviceOn(failoverOn("site-a", "site-b"));
  const channels = [...service.channels, { name: "canary", weight: 0 }];
  const leader = new Site(configOf({ ...service, channels, pools: [...service.pools, ...canary] }));
  leader.hearOf("pool:chat/canary", tripped);
  assert.equal(leader.verdictOn("pool:chat/canary@site-a"), "degraded own-traffic");
  assert.deepEqual([leader.answered, leader.situation], [["site-a"], "serving"]);
});

test("shares stay where they are: with several sites in the answers gateways forward what one can't serve", () => {
  const leader = new Site(configOf({ policy: weightedOn({ "site-a": 50, "site-b": 50 }) }));
  leader.hear(tripped);
  assert.deepEqual([leader.answered, leader.situation], [["site-a", "site-b"], "site-degraded-no-standby"]);
});

test("a wall clock that steps makes no two trips one, and lifts none", () => {
  const leader = new Site(three());
  leader.hear(tripped);
  const config = leader.world.durable.config;
  leader.cycle(leader.now - 86_400_000, sayTraffic(ballotsFor(config, fine), tripped));
  leader.cycle(leader.now + 86_400_000, sayTraffic(ballotsFor(config, fine), tripped));
  const { verdicts, clock } = leader.world.watch;
  assert.equal(clock.ranMs - (valueOf(verdicts, inA)?.trip?.beganAtMs ?? 0), 5_000);
});
