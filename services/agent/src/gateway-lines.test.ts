import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Config, type PoolTraffic, poolKey, type Report, type TrafficState, type Vote } from "@sluice/core";
import { request, systemClock } from "@sluice/runtime";
import { Registry } from "prom-client";
import { makeGatewayLines } from "./gateway-lines.ts";
import { startAgent } from "./index.ts";
import { makeAgentMetrics } from "./metrics.ts";
import {
  configOf,
  inSiteA,
  makeDoor,
  makeGateway,
  makeKeys,
  makePlace,
  makeRecord,
  onAnyPort,
  quiet,
  tokens,
  voteIn,
} from "./test-world.ts";

const [inA, inB] = [poolKey("chat", "stable", "site-a"), poolKey("chat", "stable", "site-b")];
const said = (report: Report, target = inA): TrafficState | undefined => voteIn(report, target)?.traffic?.state;
const pools = (state: TrafficState): readonly PoolTraffic[] => [
  { target: inA, state, because: "12 of 40 requests failed" },
  { target: inB, state, because: "none of my business" },
];

/** An agent in site A with two gateways, and a pool in A that answers as the test says. */
async function makeWorld(t: TestContext) {
  const keys = await makeKeys(t);
  const [door, one, two] = await Promise.all([
    makeDoor(t, "arbiter-w", keys.keyring),
    makeGateway(t, "gw-1"),
    makeGateway(t, "gw-2"),
  ]);
  const pool = await makePlace(t, (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
  const elsewhere = await makePlace(t, (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
  const base = configOf({ arbiters: [door.arbiter], pools: { a: pool.at, b: elsewhere.at } });
  const start = async (config: Config) => {
    const { directory, keyring, signer } = keys;
    const options = { name: "agent-w", stateDir: directory, clock: systemClock, logger: quiet, keyring, tokens };
    const agent = await startAgent({ ...options, config: onAnyPort(config), signer: signer("agent-w") });
    t.after(() => agent.close());
    return agent;
  };
  return { ...keys, door, one, two, pool, base, start };
}

test("a gateway is told the runs of looks at its own pools, and its numbers are in the votes on them", async (t) => {
  const { door, one, pool, base, start } = await makeWorld(t);
  one.standing.pools = pools("insufficient-data");
  const agent = await start(inSiteA(base, one.gateway));
  const told = await one.asks.next(({ looks }) => (looks[0]?.goodInRow ?? 0) >= 5);
  assert.deepEqual([told.agent, told.looks.map(({ target }) => target)], ["agent-w", [inA]]);
  const report = await door.reports.next((each) => said(each) === "insufficient-data");
  assert.equal(voteIn(report, inA)?.traffic?.because, "12 of 40 requests failed");
  assert.equal(said(report, inB), undefined, "it may not speak of another site's pool");
  await pool.shut();
  await one.asks.next(({ looks }) => (looks[0]?.failedInRow ?? 0) >= 2);
  const { body } = await request({ url: `${agent.url}/metrics`, timeoutMs: 5_000 });
  assert.match(String(body), /^sluice_agent_gateway_asks_total\{gateway="gw-1",result="answered"\} \d+$/m);
  assert.match(String(body), /^sluice_agent_pool_tripped\{target="pool:chat\/stable@site-a"\} 0$/m);
});

test("a change of what the site says is passed on at once, and the same again is not", async (t) => {
  const { one, base } = await makeWorld(t);
  const changes = makeRecord<TrafficState | undefined>();
  const vote: Vote = { target: inA, opinion: "healthy", suspect: false };
  const lines = makeGatewayLines({
    name: "agent-w",
    clock: systemClock,
    token: tokens.node,
    logger: quiet,
    metrics: makeAgentMetrics(new Registry()),
    intervalMs: () => 400,
    looks: () => [],
    onChange: () => changes.add(lines.addTo([vote])[0]?.traffic?.state),
  });
  t.after(() => lines.close());
  one.standing.pools = pools("healthy");
  // So long an interval that nothing gets too old here, however busy the machine.
  lines.follow(inSiteA({ ...base, probes: { ...base.probes, intervalMs: 60_000 } }, one.gateway));
  await changes.next((state) => state === "healthy");
  await one.asks.next(() => true, one.asks.all.length + 2);
  assert.deepEqual(changes.all, ["healthy"]);
  one.standing.pools = pools("tripped");
  await changes.next((state) => state === "tripped");
});

test("one gateway with a bad link doesn't speak for its site", async (t) => {
  const { door, one, two, base, start } = await makeWorld(t);
  one.standing.pools = pools("healthy");
  two.standing.pools = pools("healthy");
  // On a busy machine a gateway may be late more than once, and one that is silent for four intervals objects no longer.
  await start(inSiteA({ ...base, probes: { ...base.probes, intervalMs: 1_500 } }, one.gateway, two.gateway));
  await door.reports.next((report) => said(report) === "healthy");
  one.standing.pools = pools("tripped");
  const suspect = await door.reports.next((report) => said(report) === "suspect");
  assert.match(voteIn(suspect, inA)?.traffic?.because ?? "", /^gw-1 tripped: .*; but gw-2 healthy: /);
  assert.ok(!door.reports.all.some((report) => said(report) === "tripped"));
  two.standing.pools = pools("tripped");
  await door.reports.next((report) => said(report) === "tripped");
});

test("numbers that are too old are said no longer: no traffic is said at all", async (t) => {
  const { door, one, base, start } = await makeWorld(t);
  one.standing.pools = pools("tripped");
  await start(inSiteA(base, one.gateway));
  const last = await door.reports.next((report) => said(report) === "tripped");
  one.standing.hold = new Promise(() => undefined);
  t.after(() => one.close());
  await door.reports.next(
    (report) => voteIn(report, inA) !== undefined && said(report) === undefined,
    door.reports.all.indexOf(last),
  );
});

test("a gateway that hangs, one that is dead, and one that answers nonsense keep nothing from the others", async (t) => {
  const { door, one, two, base, start } = await makeWorld(t);
  const gone = await makePlace(t, () => undefined);
  await gone.shut();
  const dead = { ...one.gateway, name: "gw-3", url: `http://${gone.at}` };
  const hung = await makeGateway(t, "gw-4");
  const held = Promise.withResolvers<undefined>();
  hung.standing.hold = held.promise;
  t.after(() => held.resolve(undefined));
  two.standing.reply = { gateway: "gw-2", pools: [{ target: inA, state: "fine", because: "" }] };
  one.standing.pools = pools("tripped");
  const agent = await start(inSiteA(base, dead, hung.gateway, two.gateway, one.gateway));
  await door.reports.next((report) => said(report) === "tripped" && report.selfCheck.kind === "ok");
  two.standing.reply = { gateway: "gw-1", pools: pools("healthy") };
  await two.asks.next(() => true, two.asks.all.length + 1);
  const { body } = await request({ url: `${agent.url}/metrics`, timeoutMs: 5_000 });
  for (const [gateway, result] of [
    ["gw-2", "rejected"],
    ["gw-3", "unreachable"],
    ["gw-1", "answered"],
  ])
    assert.match(String(body), new RegExp(`asks_total\\{gateway="${gateway}",result="${result}"\\} [1-9]`));
  assert.ok(!door.reports.all.some((report) => said(report) === "healthy"), "nobody speaks under another's name");
});

test("gateways of other sites are not asked, and one that a new configuration takes away is asked no more", async (t) => {
  const { door, one, two, base, start, signer } = await makeWorld(t);
  const abroad = { ...two.gateway, site: "site-b" };
  one.standing.pools = pools("healthy");
  await start(inSiteA(base, one.gateway, abroad));
  await door.reports.next((report) => said(report) === "healthy");
  assert.equal(two.asks.all.length, 0);
  const { gateways: _, ...config } = inSiteA(base);
  door.standing.config = signer("arbiter-w").sign("config", { revision: 1, config });
  door.standing.revision = 1;
  const told = await door.reports.next((report) => report.configRevision === 1);
  assert.equal(said(told), undefined, "what it said is forgotten");
  const asked = one.asks.all.length;
  await door.reports.next((report) => report.seq > told.seq + 2);
  assert.ok(one.asks.all.length <= asked + 1);
});

test("an agent that doesn't trust its eyes tells no looks", async (t) => {
  const { door, one, base, start } = await makeWorld(t);
  const peer = await makePlace(t, (socket) => socket.resume());
  const abroad = { name: "peer-0", site: "site-b", url: `http://${peer.at}` };
  await start(
    inSiteA(
      {
        ...base,
        arbiters: base.arbiters.map((each) => ({ ...each, site: "site-a" })),
        agents: [...base.agents, abroad],
      },
      one.gateway,
    ),
  );
  await one.asks.next(({ looks }) => looks.length === 1);
  await peer.shut();
  const cutOff = await door.reports.next(
    ({ selfCheck }) => selfCheck.kind === "abstain" && selfCheck.because === "cut-off",
  );
  assert.ok(cutOff);
  await one.asks.next(({ looks }) => looks.length === 0, one.asks.all.length);
});
