import assert from "node:assert/strict";
import { test } from "node:test";
import { ballotsFor, configOfThree, failoverOn, gatewaysAt, Leader, sayTraffic, serviceOn } from "./fixtures.ts";
import type { Opinion } from "./model.ts";
import type { Outcome } from "./step.ts";

const [up, bad, down, unknown] = ["healthy", "degraded", "down", "unknown"] as const;
const abc = (a: Opinion, b: Opinion, c: Opinion) => ({ "site-a": a, "site-b": b, "site-c": c });
const blames = ({ events }: Outcome): readonly string[] =>
  events.flatMap((event) => (event.kind === "blamed" ? [event.what.kind] : []));

const three = () => new Leader(configOfThree(serviceOn(failoverOn("site-a", "site-b", "site-c"))));

test("the same channel bad by looks in two sites together is the channel's fault: it stays, and the alarm ends by itself", () => {
  const leader = three();
  leader.see(abc(up, up, up));
  assert.deepEqual(blames(leader.see(abc(bad, bad, up))), ["channel"]);
  assert.deepEqual([leader.answered, leader.held], [["site-a"], "common-mode"]);
  leader.pass(600_000, abc(bad, bad, up));
  assert.deepEqual(leader.answered, ["site-a"], "though site-c is healthy");
  leader.pass(36_000, abc(bad, up, up));
  assert.deepEqual([leader.world.watch.blamed, leader.answered], [[], ["site-b"]]);
});

test("two sites that go bad apart from one another are two sites", () => {
  const leader = three();
  leader.see(abc(up, up, up));
  leader.see(abc(up, bad, up));
  leader.pass(31_000, abc(up, bad, up));
  assert.deepEqual(blames(leader.see(abc(bad, bad, up))), []);
  assert.deepEqual(leader.answered, ["site-c"]);
});

test("everything bad everywhere is our own fault, and is said once; a site that is down is left all the same", () => {
  const leader = three();
  leader.see(abc(up, up, up));
  assert.deepEqual(blames(leader.see(abc(bad, bad, bad))), ["ourselves"]);
  assert.deepEqual(blames(leader.see(abc(bad, bad, bad))), []);
  assert.deepEqual(leader.answered, ["site-a"]);
  leader.see(abc(down, bad, bad));
  assert.deepEqual(leader.answered, ["site-b"], "slow beats dead");
});

test("an arbiter that has just started blames nobody for what went bad before its time", () => {
  const leader = three();
  leader.see(abc(bad, bad, up));
  assert.deepEqual(leader.world.watch.blamed, []);
  const silent = three();
  silent.see(abc(up, up, up));
  silent.see(abc(unknown, unknown, unknown));
  silent.see(abc(bad, bad, up));
  assert.deepEqual(silent.world.watch.blamed, [], "silence is no time at which anything went bad");
});

test("while we ourselves are to blame nothing goes home either, and goes on when that is over", () => {
  const chat = serviceOn(failoverOn("site-a", "site-b"), { failback: { kind: "auto-after", afterMs: 1_000 } });
  const embed = serviceOn(failoverOn("site-b", "site-a"), { name: "embed", host: "embed.example.test" });
  const plain = configOfThree(chat, embed);
  const guards = { ...plain.guards, cooldownMs: 0, movesPerHourMax: 9, readmitAfterMs: 1_000, rampStepMs: 10_000 };
  const config = { ...plain, guards, gateways: gatewaysAt("site-a", "site-b") };
  const leader = new Leader(config);
  leader.see(abc(up, up, up));
  leader.see(abc(down, up, up));
  leader.see(abc(up, up, up));
  leader.pass(5_000, abc(up, up, up));
  assert.equal(leader.state?.ramp?.percent, 1);
  const fine = ballotsFor(config, abc(up, up, up));
  const ofEmbed = fine.votes.filter(({ target }) => target.startsWith("pool:embed/"));
  const both = { "site-a": "tripped", "site-b": "tripped" } as const;
  const { votes } = sayTraffic({ ...fine, votes: ofEmbed }, both);
  const all = { ...fine, votes: [...fine.votes.filter((vote) => !ofEmbed.includes(vote)), ...votes] };
  for (let cycle = 0; cycle < 6; cycle += 1) leader.cycle(leader.now + 5_000, all);
  assert.deepEqual([leader.held, leader.state?.ramp?.percent], ["common-mode", 1]);
  leader.pass(90_000, abc(up, up, up));
  assert.equal(leader.held, "common-mode", "silence is no recovery");
  const mended = { "site-a": "healthy", "site-b": "healthy" } as const;
  const well = sayTraffic({ ...fine, votes: ofEmbed }, mended).votes;
  const ended = { ...fine, votes: [...fine.votes.filter((vote) => !ofEmbed.includes(vote)), ...well] };
  for (let cycle = 0; cycle < 20; cycle += 1) leader.cycle(leader.now + 5_000, ended);
  assert.deepEqual(leader.answered, ["site-a"]);
});
