import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import type { JournalEntry } from "@sluice/core";
import { type Answering, hung, json, problem, startFake, statusOf } from "../test-arbiter.ts";
import { makeTemporaryDirectory, sluice, writeInto } from "../test-sluice.ts";

const directory = await makeTemporaryDirectory();
const tokenFile = await writeInto(directory, "operator.token", "operator-of-the-test\n");
after(() => rm(directory, { recursive: true }));

const ask = (arbiters: readonly { readonly url: string }[], ...args: readonly string[]) =>
  sluice(...args, "--token-file", tokenFile, "--arbiters", arbiters.map(({ url }) => url).join(","));
const startAll = (t: TestContext, ...each: readonly Answering[]) =>
  Promise.all(each.map((answer) => startFake(t, answer)));

const inAnHour = Date.now() + 3_600_000;
const troubled = statusOf("arbiter-w", {
  isLeading: true,
  services: [
    {
      service: "chat",
      host: "chat.llm.example",
      situation: "site-degraded-standby-ready",
      served: "site-b",
      base: "site-a",
      isForced: true,
      isHome: true,
      held: "cool-down: it moved a moment ago",
      brakes: [
        { rule: "cool-down", because: "it moved a moment ago", until: 1_790_000_060_000, isHolding: true },
        { rule: "quarantine", because: "site-a was left as down", until: null, isHolding: false },
      ],
      latchedAt: 1_790_000_000_000,
      overrides: ["3f2a91c0"],
      standby: [{ site: "site-a", isReady: false, health: "healthy", isQuarantined: true }],
      pools: [
        {
          target: "pool:chat/stable@site-a",
          verdict: "degraded",
          because: "own-traffic",
          traffic: { state: "tripped", because: "12 of 40 requests failed" },
        },
        {
          target: "pool:chat/stable@site-b",
          verdict: "healthy",
          because: "majority",
          traffic: { state: "insufficient-data", because: "3 requests in 10 s" },
        },
        { target: "pool:chat/canary@site-b", verdict: "healthy", because: "majority", traffic: null },
      ],
      channels: [
        { channel: "stable", weight: 90 },
        { channel: "canary", weight: 10 },
      ],
      pinnedChannel: "stable",
    },
  ],
  blamed: ["chat/stable tripped in site-a and site-b"],
  nameservers: [
    { nameserver: "ns-a", site: "site-a", fence: "trial:3.7", isCurrent: true, seenAgoMs: 900 },
    { nameserver: "ns-b", site: "site-b", fence: null, isCurrent: false, seenAgoMs: null },
  ],
  gateways: [
    { gateway: "gateway-a", site: "site-a", fence: "trial:3.7", isCurrent: true, seenAgoMs: 900 },
    { gateway: "gateway-b", site: "site-b", fence: "trial:3.6", isCurrent: false, seenAgoMs: 4_000 },
  ],
  overrides: [
    {
      id: "3f2a91c0",
      kind: "pin",
      service: "chat",
      site: "site-b",
      channel: "stable",
      setAt: 1,
      until: inAnHour,
      by: "ann",
      reason: "a look",
    },
  ],
});

test("status tells what matters at night first, and who doesn't answer", async (t) => {
  const arbiters = await startAll(t, (_request, response) => json(response, troubled), hung);
  const { code, stdout, stderr } = await ask(arbiters, "status");
  assert.deepEqual([code, stderr], [0, ""]);
  const lines = stdout.split("\n");
  const at = (pattern: RegExp): number => {
    const found = lines.findIndex((line) => pattern.test(line));
    assert.ok(found >= 0, `${pattern} in\n${stdout}`);
    return found;
  };
  const order = [
    /^leader {4}arbiter-w, epoch 3, fence trial:3\.7, config revision 2$/,
    /^vantages {2}3 of 3 fresh$/,
    new RegExp(`^silent {4}${arbiters[1]?.url}: did not answer`),
    /^chat +site-b \(forced; real: site-a\) +site-a quarantined +site-degraded-standby-ready +stable 90, canary 10 \(pinned to stable\)$/,
    /^ {2}chat\/stable tripped in site-a and site-b$/,
    /^ {2}chat would move, held by cool-down: it moved a moment ago, until 2026-09-21T14:14:20.000Z$/,
    /^ {2}chat latched to manual since 2026-09-21T/,
    /^ {2}chat\/stable@site-a +degraded +tripped +12 of 40 requests failed$/,
    /^ {2}chat\/stable@site-b +healthy +insufficient-data +3 requests in 10 s$/,
    /^ {2}3f2a91c0 {2}pin chat to site-b to channel stable, until 20.*Z \((59|60) min left\), by ann: a look$/,
    /^ +end it: sluice undo 3f2a91c0 --reason …$/,
    /^ns-a +current +1 s ago$/,
    /^ns-b +not heard of +never$/,
    /^gateway-a +site-a +current +1 s ago$/,
    /^gateway-b +site-b +trial:3\.6 +4 s ago$/,
  ].map(at);
  assert.deepEqual(
    order,
    order.toSorted((one, other) => one - other),
  );
});

test("explain tells what a site's own gateways say beside what looks say", async (t) => {
  const own = { state: "tripped", because: "12 of 40 requests failed" };
  const [target, because] = ["pool:chat/stable@site-a", "own-traffic"];
  const explained = {
    ...statusOf("arbiter-w", { isLeading: true }),
    service: "chat",
    host: "chat.llm.example",
    ttlSeconds: 20,
    served: "site-a",
    base: "site-a",
    isForced: false,
    channels: [{ channel: "stable", weight: 100 }],
    pinnedChannel: null,
    situation: "site-degraded-no-standby",
    held: "change-budget: enough have moved",
    brakes: [
      { rule: "change-budget", because: "enough have moved", until: 1_790_000_060_000, isHolding: true },
      { rule: "quarantine", because: "site-b was left as down", until: null, isHolding: false },
    ],
    answers: [],
    standing: [],
    lastDecision: null,
    sites: [{ site: "site-a", kind: "degraded", because, detail: own.because, quarantinedSince: null }],
    targets: [
      { target, verdict: { kind: "degraded", because }, tally: "3 healthy of 3", traffic: own, votes: [] },
      { target: "edge:site-a", verdict: null, tally: "nothing", traffic: null, votes: [] },
    ],
  };
  const arbiters = await startAll(t, (request, response) =>
    json(response, request.url?.startsWith("/v1/explain") ? explained : troubled),
  );
  const { code, stdout } = await ask(arbiters, "explain", "chat");
  assert.equal(code, 0);
  assert.match(stdout, /: site-degraded-no-standby, held by change-budget$/m);
  assert.match(stdout, /^holding {2}change-budget: enough have moved, until 2026-09-21T14:14:20.000Z$/m);
  assert.match(stdout, /^standing quarantine: site-b was left as down$/m);
  assert.match(stdout, /^site-a is degraded for it \(own-traffic: 12 of 40 requests failed\)$/m);
  assert.match(
    stdout,
    /^ {2}pool:.*own-traffic \(3 healthy of 3\)\n {4}its own gateways: tripped: 12 of 40 requests failed\n {2}edge:/m,
  );
});

test("status --json is one value: the leader's status, with who is silent", async (t) => {
  const arbiters = await startAll(t, (_request, response) => json(response, troubled));
  const { stdout } = await ask(arbiters, "status", "--json");
  assert.deepEqual(JSON.parse(stdout), { ...troubled, silent: [] });
});

test("status says why nobody leads", async (t) => {
  const vantages = [
    { agent: "agent-a", site: "site-a", isFresh: true, because: null },
    { agent: "agent-b", site: "site-b", isFresh: false, because: "silent" },
    { agent: "agent-w", site: "site-w", isFresh: false, because: "cut-off" },
  ];
  const blind = statusOf("arbiter-a", {
    vantages,
    quorum: { domains: 3, fresh: 1, needed: 2 },
    whyNotReady: "too few fresh vantages",
  });
  const { code, stdout } = await ask(await startAll(t, (_request, response) => json(response, blind)), "status");
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^leader {4}NOBODY of those that answer \(arbiter-w did last, epoch 3\); nothing moves by itself/,
  );
  assert.match(stdout, /^ +Too few fresh vantages: 1, and 2 are needed \(agent-b silent, agent-w cut-off\)\.$/m);
  assert.match(
    stdout,
    /^vantages {2}1 of 3 fresh \(agent-b silent; agent-w cut-off\); failure domains: 1 fresh, 2 needed$/m,
  );
});

test("explain of an unknown name exits 2 with the known ones, and with --json as a problem document", async (t) => {
  const arbiters = await startAll(t, (_request, response) =>
    problem(response, "NOT_FOUND", "Known: chat (chat.llm.example)."),
  );
  const told = await ask(arbiters, "explain", "chta");
  assert.deepEqual(
    [told.code, told.stdout, told.stderr],
    [2, "", "NOT_FOUND: it is NOT_FOUND\nKnown: chat (chat.llm.example).\n"],
  );
  const { code, stderr } = await ask(arbiters, "explain", "chta", "--json");
  const { status, code: named, hint } = JSON.parse(stderr) as Record<string, unknown>;
  assert.deepEqual([code, status, named, hint], [2, 404, "NOT_FOUND", "Known: chat (chat.llm.example)."]);
});

/** Journal entries 1 to 3, and a fourth that comes when somebody waits for it. */
const entries: readonly JournalEntry[] = [1, 2, 3, 4].map((id) => ({
  id,
  at: 1_790_000_000_000 as JournalEntry["at"],
  by: "arbiter-w",
  event: { kind: "config-applied", revision: id, by: "ann" },
}));
const journal: Answering = (request, response) => {
  const query = new URL(request.url ?? "", "http://x").searchParams;
  const [after, limit] = [Number(query.get("after") ?? 0), Number(query.get("limit") ?? 100)];
  if (!query.has("after")) return json(response, { events: entries.slice(0, 3).slice(-limit) });
  const known = query.has("waitMs") ? entries : entries.slice(0, 3);
  // Beyond the fourth nothing comes any more: the request waits.
  if (query.has("waitMs") && after >= 4) return undefined;
  return json(response, { events: known.filter(({ id }) => id > after).slice(0, limit) });
};

test("events prints the last ones, or those after an id, and no more than asked for", async (t) => {
  const arbiters = await startAll(t, journal);
  const ids = async (...args: readonly string[]): Promise<readonly string[]> => {
    const { code, stdout, stderr } = await ask(arbiters, "events", ...args);
    assert.deepEqual([code, stderr], [0, ""]);
    return stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split(" ")[0] ?? "");
  };
  assert.deepEqual(await ids(), ["1", "2", "3"]);
  assert.deepEqual(await ids("--limit", "2"), ["2", "3"]);
  assert.deepEqual(await ids("--after", "1"), ["2", "3"]);
  assert.deepEqual(await ids("--after", "0", "--limit", "1"), ["1"]);
  assert.deepEqual(arbiters[0]?.asked[0], "GET /v1/events?limit=100");
});

test("events --follow goes on from the last ones through a fault, and Ctrl-C ends it quietly with 0", async (t) => {
  let fails = 1;
  const arbiters = await startAll(t, (request, response) => {
    if (request.url?.includes("waitMs") && (fails -= 1) >= 0) return problem(response, "STORE_UNAVAILABLE");
    return journal(request, response);
  });
  const args = [
    "events",
    "--follow",
    "--json",
    "--limit",
    "1",
    "--token-file",
    tokenFile,
    "--arbiters",
    arbiters[0]?.url ?? "",
  ];
  const child = spawn(process.execPath, [join(import.meta.dirname, "..", "main.ts"), ...args]);
  let [stdout, stderr] = ["", ""];
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (stderr += piece));
  for await (const piece of child.stdout.setEncoding("utf8")) {
    stdout += String(piece);
    if (stdout.split("\n").length > 2) break;
  }
  const ended = once(child, "close");
  child.kill("SIGINT");
  assert.deepEqual((await ended)[0], 0);
  assert.deepEqual(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
    entries.slice(2),
  );
  assert.equal(stderr, "STORE_UNAVAILABLE: it is STORE_UNAVAILABLE; trying again …\n");
});
