import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { JournalEntry, Report, Traffic, TrafficState } from "@sluice/core";
import { openArbiters, until } from "./test-arbiters.ts";

const arbiters = await openArbiters();
after(() => arbiters.close());

const [inA, inB] = ["pool:chat/stable@site-a", "pool:chat/stable@site-b"] as const;
const said = (state: TrafficState): Traffic => ({ state, because: `${state} by 12 of 40 requests` });

type Pool = {
  readonly target: string;
  readonly verdict: string;
  readonly because: string;
  readonly traffic: Traffic | null;
};
type Service = { readonly served: string; readonly situation: string; readonly pools: readonly Pool[] };
const service = async (of: "arbiter-w" | "arbiter-b" = "arbiter-w"): Promise<Service> => {
  const { body } = await arbiters.ask("/v1/status", { of });
  const [found] = (body as { services: readonly Service[] }).services;
  assert.ok(found);
  return found;
};
const poolIn = async (target: string, of?: "arbiter-b"): Promise<Pool | undefined> =>
  (await service(of)).pools.find((pool) => pool.target === target);
type Target = {
  readonly target: string;
  readonly verdict: { readonly because: string };
  readonly traffic: Traffic | null;
};
const explained = async (target: string): Promise<Target | undefined> => {
  const { body } = await arbiters.ask("/v1/explain/chat");
  return (body as { targets: readonly Target[] }).targets.find((entry) => entry.target === target);
};
const events = async (): Promise<readonly JournalEntry["event"][]> => {
  const { body } = await arbiters.ask("/v1/events?limit=1000");
  return (body as { events: readonly JournalEntry[] }).events.map(({ event }) => event);
};

test("agents without a gateway say nothing of traffic, and nothing is shown", async () => {
  assert.deepEqual(await poolIn(inA), { target: inA, verdict: "healthy", because: "majority", traffic: null });
  assert.equal((await explained(inA))?.traffic, null);
});

test("too few requests are shown as what they are, and not as health", async () => {
  await arbiters.vote("healthy", { "site-a": said("insufficient-data") });
  await until("it is shown", async () => (await poolIn(inA))?.traffic?.state === "insufficient-data");
  assert.deepEqual((await explained(inA))?.traffic, said("insufficient-data"));
  assert.equal((await poolIn(inB))?.traffic, null);
});

test("what an agent says of another site's pool is heard by nobody", async () => {
  const state = { [inA]: "tripped", [inB]: "insufficient-data" } as const;
  const votes: Report["votes"] = [inA, inB].map((target) => {
    return { target, opinion: "healthy", suspect: false, traffic: said(state[target]) };
  });
  const report = arbiters.report("agent-site-b", "arbiter-w", { votes });
  await arbiters.send(arbiters.sign("agent-site-b", "report", report));
  await until("it is heard on its own", async () => (await poolIn(inB))?.traffic?.state === "insufficient-data");
  const expected = { target: inA, verdict: "healthy", because: "majority", traffic: said("insufficient-data") };
  assert.deepEqual(await poolIn(inA), expected);
});

test("a site that says its own gateways tripped is left, though every look is good, and the journal has the numbers", async () => {
  await arbiters.vote("healthy", { "site-a": said("tripped") });
  await until("it is left", async () => (await service()).served === "site-b");
  const expected = { target: inA, verdict: "degraded", because: "own-traffic", traffic: said("tripped") };
  assert.deepEqual(await poolIn(inA), expected);
  await until("the follower sees the same", async () => (await poolIn(inA, "arbiter-b"))?.because === "own-traffic");
  await until("it is in the journal", async () => (await events()).some(({ kind }) => kind === "traffic-changed"));
  const told = await events();
  const { because } = said("tripped");
  // The test's agents send an empty report before each, so nothing was said a moment ago.
  assert.deepEqual(
    told.filter(({ kind }) => kind === "traffic-changed"),
    [{ kind: "traffic-changed", target: inA, agent: "agent-site-a", to: "tripped", because }],
  );
  const decisions = told.flatMap((event) => (event.kind === "decided" ? [event.decision.because] : []));
  assert.ok(decisions.includes(`${inA} is degraded (own-traffic: ${because}) and site-b is healthy`));
  assert.ok(told.some((event) => event.kind === "quarantined" && event.site === "site-a"));
});

test("when it takes users back by and by it is degraded still, and when it is well it is not", async () => {
  await arbiters.vote("healthy", { "site-a": said("recovering") });
  await until("it is shown", async () => (await poolIn(inA))?.traffic?.state === "recovering");
  assert.equal((await poolIn(inA))?.verdict, "degraded");
  await arbiters.vote("healthy", { "site-a": said("healthy") });
  await until("it is well", async () => (await poolIn(inA))?.verdict === "healthy");
  assert.equal((await service()).served, "site-b");
});
