import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { parseEnvelope, parseSnapshot } from "@sluice/contract";
import { compareFence, type Fence, type JournalEntry, parseFence, type Snapshot } from "@sluice/core";
import { type ArbiterName, openArbiters, tokens, until } from "./test-arbiters.ts";

const arbiters = await openArbiters();
after(() => arbiters.close());

const path = "/v1/services/chat/weights";
type Weights = {
  readonly isLeading: boolean;
  readonly fence: string;
  readonly etag: string;
  readonly weights: Readonly<Record<string, number>>;
  readonly configured: Readonly<Record<string, number>>;
  readonly shares: Readonly<Record<string, number>>;
  readonly gateways: readonly { gateway: string; site: string; fence: string | null; isCurrent: boolean }[];
  readonly lines: readonly string[];
  readonly sequences: readonly number[];
};
const look = async (of: ArbiterName = "arbiter-w"): Promise<Weights> =>
  (await arbiters.ask(path, { of })).body as Weights;

async function set(weights: object, ifMatch: string, more: object = {}) {
  const body = { weights, reason: "a test", by: "anna", ...more };
  const answer = await arbiters.ask(path, { method: "PATCH", headers: { "if-match": ifMatch }, body });
  return { status: answer.status, body: answer.body as Weights & { readonly code?: string } };
}

const sites = ["site-a", "site-b"];
const pool = (channel: string, site: string, at: number) => ({
  channel,
  site,
  endpoints: [`127.0.0.1:${at}`],
  probe: { kind: "tcp" },
});

before(async () => {
  const config = arbiters.settings({
    gateways: sites.map((site, at) => {
      return { name: `gateway-${site}`, site, url: `http://127.0.0.9${at}:7403`, address: `127.0.0.9${at}` };
    }),
    services: [
      {
        name: "chat",
        host: "chat.llm.example",
        rtoSeconds: 3600,
        policy: { kind: "failover", sites },
        channels: [
          { name: "stable", weight: 90 },
          { name: "canary", weight: 10 },
        ],
        pools: sites.flatMap((site, at) => [pool("stable", site, at + 1), pool("canary", site, at + 11)]),
      },
    ],
  });
  const answer = await arbiters.ask("/v1/config", {
    method: "PUT",
    body: { config, revisionBefore: 0, reason: "a test" },
  });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
});

/** What this arbiter hands out to a gateway, which says by asking what it has. */
async function snapshotFor(node: string, has?: string): Promise<Snapshot | undefined> {
  const fence = has === undefined ? undefined : parseFence(has);
  const after = fence ? `&after=${fence.epoch}.${fence.sequence}` : "";
  const { status, body } = await arbiters.ask(`/v1/snapshot?node=${node}${after}`, { token: tokens.node });
  const envelope = status === 200 ? parseEnvelope(body) : undefined;
  return envelope && parseSnapshot(JSON.parse(envelope.payload));
}

const routeNow = async () =>
  (await snapshotFor("somebody"))?.services.find(({ service }) => service === "chat")?.route ?? assert.fail("no route");

async function events(kind: string): Promise<readonly JournalEntry["event"][]> {
  const { body } = await arbiters.ask("/v1/events?limit=1000");
  return (body as { events: readonly JournalEntry[] }).events
    .map(({ event }) => event)
    .filter((event) => event.kind === kind);
}

test("weights are told as wanted, as configured, and as shares, with their tag and what gateways have", async () => {
  const response = await fetch(`${arbiters.urls["arbiter-w"]}${path}`, {
    headers: { authorization: `Bearer ${tokens.operator}` },
  });
  const told = (await response.json()) as Weights;
  assert.equal(response.headers.get("etag"), told.etag);
  assert.match(told.etag, /^"w-\d+"$/);
  const { weights, configured, shares, gateways } = told;
  assert.deepEqual(
    [weights, configured, shares],
    [
      { stable: 90, canary: 10 },
      { stable: 90, canary: 10 },
      { stable: 0.9, canary: 0.1 },
    ],
  );
  assert.deepEqual(
    gateways.map(({ gateway, site, fence, isCurrent }) => [gateway, site, fence, isCurrent]),
    sites.map((site) => [`gateway-${site}`, site, null, false]),
  );
});

test("a change made on what is seen is committed, journalled and handed out, with a new tag", async () => {
  const seen = await look();
  const { status, body } = await set({ stable: 80, canary: 20 }, seen.etag);
  assert.equal(status, 200, JSON.stringify(body));
  assert.notEqual(body.etag, seen.etag);
  assert.deepEqual(body.weights, { stable: 80, canary: 20 });
  assert.deepEqual(body.configured, { stable: 90, canary: 10 });
  assert.equal(compareFence(parseFence(body.fence) as Fence, parseFence(seen.fence) as Fence), "newer");
  assert.equal(body.etag, `"w-${body.sequences[0]}"`);
  assert.match(
    body.lines[0] ?? "",
    /^anna set the weights of chat to stable 80, canary 20 \(were stable 90, canary 10\), 10 %/,
  );
  const route = await routeNow();
  assert.deepEqual(route.channels, [
    { name: "stable", weight: 80 },
    { name: "canary", weight: 20 },
  ]);
  const told = (await events("weights-set")).at(-1);
  assert.ok(told?.kind === "weights-set");
  assert.deepEqual(
    [told.by, told.reason, told.sequence, told.movedSlots],
    ["anna", "a test", body.sequences[0], 1_000],
  );
  assert.deepEqual(await events("decided"), [], "no service moved");
});

test("a change made on weights that are no more is refused, and what is in force stays", async () => {
  const seen = await look();
  await set({ stable: 70, canary: 30 }, seen.etag);
  const late = await set({ stable: 100, canary: 0 }, seen.etag);
  assert.deepEqual([late.status, late.body.code], [412, "WEIGHTS_STALE"]);
  assert.deepEqual((await look()).weights, { stable: 70, canary: 30 });
});

test("each gateway's fence is told as soon as it says what it routes by, and the journal has it", async () => {
  const done = (await set({ stable: 60, canary: 40 }, "*")).body;
  assert.deepEqual(
    done.gateways.map(({ isCurrent }) => isCurrent),
    [false, false],
  );
  assert.ok(await snapshotFor("gateway-site-a"));
  assert.equal(await snapshotFor("gateway-site-a", done.fence), undefined, "there is none newer");
  const [a, b] = (await look()).gateways;
  assert.deepEqual([a?.fence, a?.isCurrent, b?.fence], [done.fence, true, null]);
  await until("the journal has it", async () => (await events("gateway-applied")).length > 0);
  const status = (await arbiters.ask("/v1/status")).body as {
    gateways: Weights["gateways"];
    services: readonly { channels: readonly object[]; pinnedChannel: string | null }[];
  };
  assert.deepEqual(
    status.gateways,
    (await look()).gateways.map((gateway, at) => ({ ...gateway, seenAgoMs: seenAt(status, at) })),
  );
  assert.deepEqual(status.services[0]?.channels, [
    { channel: "stable", weight: 60 },
    { channel: "canary", weight: 40 },
  ]);
  assert.deepEqual(await events("applied"), [], "a gateway is no nameserver");
});

const seenAt = ({ gateways }: { readonly gateways: readonly object[] }, at: number): unknown =>
  (gateways[at] as { seenAgoMs?: unknown }).seenAgoMs;

test("a rehearsal says what would be, changes nothing, and needs to be made on something too", async () => {
  const seen = await look();
  const { status, body } = await set({ stable: 0, canary: 100 }, seen.etag, { dryRun: true });
  assert.equal(status, 200);
  assert.match(body.lines[0] ?? "", /60 % of the users move/);
  assert.deepEqual([body.etag, body.fence, body.weights, body.sequences], [seen.etag, seen.fence, seen.weights, []]);
  assert.equal((await set({ stable: 0, canary: 100 }, '"w-0"', { dryRun: true })).status, 412);
});

test("a follower tells the same, and that it follows", async () => {
  const leader = await look();
  await until("the follower has it", async () => (await look("arbiter-b")).etag === leader.etag);
  const { isLeading, weights, fence } = await look("arbiter-b");
  assert.deepEqual([isLeading, weights, fence], [false, leader.weights, leader.fence]);
});

test("a pin to a channel reaches gateways, and status and explain tell of it", async () => {
  const body = { kind: "pin", service: "chat", channel: "canary", reason: "a test" };
  const pinned = await arbiters.ask("/v1/overrides", { method: "POST", body });
  assert.equal(pinned.status, 200, JSON.stringify(pinned.body));
  assert.equal((await routeNow()).pinnedChannel, "canary");
  for (const at of ["/v1/status", "/v1/explain/chat"]) {
    const told = JSON.stringify((await arbiters.ask(at)).body);
    assert.match(told, /"pinnedChannel":"canary"/, at);
  }
  await arbiters.ask("/v1/undo", { method: "POST", body: { reason: "a test" } });
  assert.equal((await routeNow()).pinnedChannel, undefined);
});

test("of changes that come at once, each made on what its author saw, one is taken", async () => {
  const seen = await look();
  const shares = [1, 2, 3, 4, 5];
  const answers = await Promise.all(shares.map((canary) => set({ stable: 100 - canary, canary }, seen.etag)));
  const late = answers.filter(({ status }) => status === 412);
  assert.equal(late.length, shares.length - 1);
  const winner = answers.findIndex(({ status }) => status === 200);
  assert.deepEqual((await look()).weights, { stable: 100 - (shares[winner] ?? 0), canary: shares[winner] });
});
