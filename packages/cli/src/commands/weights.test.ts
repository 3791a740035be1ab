import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { after, type TestContext, test } from "node:test";
import { type Answering, json, problem, startFake, statusOf } from "../test-arbiter.ts";
import { makeTemporaryDirectory, sluice, writeInto } from "../test-sluice.ts";

const directory = await makeTemporaryDirectory();
const tokenFile = await writeInto(directory, "operator.token", "operator-of-the-test\n");
after(() => rm(directory, { recursive: true }));

const weights = (changes: object = {}) => ({
  arbiter: "arbiter-w",
  isLeading: true,
  service: "chat",
  fence: "trial:3.7",
  etag: '"w-5"',
  weights: { stable: 80, canary: 20 },
  configured: { stable: 90, canary: 10 },
  shares: { stable: 0.8, canary: 0.2 },
  gateways: [gateway("a", "trial:3.7"), gateway("b", null)],
  ...changes,
});
const gateway = (which: string, fence: string | null) => ({
  gateway: `gateway-${which}`,
  site: `site-${which}`,
  fence,
  isCurrent: fence === "trial:3.7",
  seenAgoMs: fence === null ? null : 900,
});

type Asked = { readonly ifMatch: string | undefined; readonly body: Record<string, unknown> };

/** A leader that takes changes; `later` is what it tells of the weights after one. */
async function startLeader(t: TestContext, later: () => object | undefined = () => weights()) {
  const changes: Asked[] = [];
  const answer: Answering = (request, response) => {
    if (request.url === "/v1/status") return json(response, statusOf("arbiter-w", { isLeading: true }));
    if (request.url !== "/v1/services/chat/weights") return problem(response, "NOT_FOUND", "Known: chat.");
    if (request.method === "GET") {
      const told = changes.length === 0 ? weights() : later();
      return told ? json(response, told) : problem(response, "STORE_UNAVAILABLE");
    }
    void bodyOf(request).then((body) => {
      changes.push({ ifMatch: request.headers["if-match"], body });
      const now = { fence: "trial:3.8", etag: '"w-8"', weights: body["weights"] };
      json(response, weights({ ...now, lines: ["it was done"], sequences: [8], isDryRun: body["dryRun"] === true }));
    });
  };
  const { url } = await startFake(t, answer);
  const ask = (...args: readonly string[]) => sluice("weights", ...args, "--token-file", tokenFile, "--arbiters", url);
  return { ask, changes };
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const piece of request.setEncoding("utf8")) text += String(piece);
  return JSON.parse(text) as Record<string, unknown>;
}

test("weights are shown with what is configured, whom they concern, their tag, and what gateways route by", async (t) => {
  const { ask } = await startLeader(t);
  const { code, stdout, stderr } = await ask("chat");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(stdout.split("\n"), [
    'chat, as of "w-5"',
    "",
    "CHANNEL  WEIGHT  CONFIGURED  USERS",
    "stable   80      90          80 %",
    "canary   20      10          20 %",
    "",
    "GATEWAY    SITE    SNAPSHOT      SEEN",
    "gateway-a  site-a  current       1 s ago",
    "gateway-b  site-b  not heard of  never",
    "",
  ]);
  assert.deepEqual(JSON.parse((await ask("chat", "--json")).stdout), weights());
});

test("a change is made on what is in force, and waits until every gateway has applied it", async (t) => {
  let looks = 0;
  const applied = () => {
    looks += 1;
    return weights({ gateways: [gateway("a", "trial:3.8"), gateway("b", looks < 3 ? "trial:3.7" : "trial:3.9")] });
  };
  const { ask, changes } = await startLeader(t, applied);
  const { code, stdout, stderr } = await ask("chat", "stable=95", "canary=5", "--reason", "a step back");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(stdout.split("\n"), [
    "done:",
    "  it was done",
    "gateway-a (site-a) has applied it: trial:3.8",
    "gateway-b (site-b) has applied it: trial:3.9",
    "",
  ]);
  const [{ ifMatch, body } = assert.fail("nothing was asked")] = changes;
  assert.deepEqual([ifMatch, body["weights"], body["reason"]], ['"w-5"', { stable: 95, canary: 5 }, "a step back"]);
  assert.equal(looks, 3);
});

test("a gateway that doesn't apply it in time is named; the change is done all the same", async (t) => {
  const { ask } = await startLeader(t);
  const told = await ask("chat", "stable=95", "canary=5", "--reason", "a step back", "--json");
  assert.equal(told.code, 0);
  const { lines, gateways } = JSON.parse(told.stdout) as { lines: string[]; gateways: { hasApplied: boolean }[] };
  assert.deepEqual([lines, gateways.map(({ hasApplied }) => hasApplied)], [["it was done"], [false, false]]);
});

test("an arbiter that goes away while gateways are waited for makes no failure of what was done", async (t) => {
  const { ask } = await startLeader(t, () => undefined);
  const { code, stdout } = await ask("chat", "stable=95", "canary=5", "--reason", "a step back");
  assert.equal(code, 0);
  assert.match(stdout, /^gateway-b \(site-b\) has NOT applied it within 5 s: not heard of$/m);
});

test("a rehearsal says what would be, and waits for nobody", async (t) => {
  const { ask, changes } = await startLeader(t);
  const { stdout } = await ask("chat", "stable=95", "canary=5", "--reason", "a step back", "--dry-run");
  assert.equal(stdout, "would do:\n  it was done\n");
  assert.equal(changes[0]?.body["dryRun"], true);
});

test("--if-match makes the change on what was shown, whatever is in force now", async (t) => {
  const { ask, changes } = await startLeader(t, () => weights({ gateways: [] }));
  await ask("chat", "stable=1", "--reason", "a step back", "--if-match", '"w-3"', "--dry-run");
  assert.equal(changes[0]?.ifMatch, '"w-3"');
});

test("where nothing splits users, that is said", async (t) => {
  const { url } = await startFake(t, (_request, response) => json(response, weights({ gateways: [] })));
  const { stdout } = await sluice("weights", "chat", "--token-file", tokenFile, "--arbiters", url);
  assert.match(
    stdout,
    /^no gateway is configured: services are steered by DNS alone, and weights are without effect$/m,
  );
});

const usage: Readonly<Record<string, readonly [args: readonly string[], words: RegExp]>> = {
  "a change without a reason": [["chat", "stable=1"], /^USAGE: a change of weights needs --reason/],
  "no number": [
    ["chat", "stable=much", "--reason", "a test"],
    /^USAGE: stable=much is not CHANNEL=NUMBER\nWrite CHANNEL=/,
  ],
  "nothing after the sign": [["chat", "stable=", "--reason", "a test"], /^USAGE: stable= is not/],
  "no sign": [["chat", "stable", "--reason", "a test"], /^USAGE: stable is not/],
  "a channel twice": [["chat", "stable=1", "stable=2", "--reason", "a test"], /^USAGE: stable is there twice/],
};
for (const [name, [args, words]] of Object.entries(usage)) {
  test(`refused before anybody is asked, with exit 2: ${name}`, async (t) => {
    const { ask, changes } = await startLeader(t);
    const { code, stderr } = await ask(...args);
    assert.equal(code, 2);
    assert.match(stderr, words);
    assert.deepEqual(changes, []);
  });
}

test("what the leader refuses ends with its code and hint: 2 for what can't be, 4 for what is stale", async (t) => {
  for (const [code, exit] of [
    ["WEIGHTS_INVALID", 2],
    ["WEIGHTS_STALE", 4],
    ["NOTHING_TO_DO", 4],
  ] as const) {
    const { url } = await startFake(t, (request, response) => {
      if (request.method === "PATCH") return problem(response, code);
      return json(response, request.url === "/v1/status" ? statusOf("w", { isLeading: true }) : weights());
    });
    const args = ["chat", "stable=1", "--reason", "a test", "--token-file", tokenFile, "--arbiters", url];
    const ended = await sluice("weights", ...args);
    assert.deepEqual([ended.code, ended.stderr], [exit, `${code}: it is ${code}\ndo this\n`]);
  }
});
