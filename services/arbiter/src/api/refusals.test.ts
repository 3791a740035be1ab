import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, test } from "node:test";
import { errorCodes, type Report } from "@sluice/core";
import type { Answer } from "@sluice/runtime";
import { type Arbiters, openArbiters, tokens } from "./test-arbiters.ts";

const arbiters = await openArbiters();
after(() => arbiters.close());
const { host, hostname, port } = new URL(arbiters.urls["arbiter-w"]);

/** A refusal over the real door, with everything that a problem document needs. */
async function refusal(
  path: string,
  init: RequestInit = {},
): Promise<{
  status: number;
  code: string;
  hint: string;
  detail: string;
  problems: readonly { path: string; message: string }[];
}> {
  const headers = new Headers({ authorization: `Bearer ${tokens.operator}`, "content-type": "application/json" });
  for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
  const response = await fetch(`http://${host}${path}`, { ...init, headers });
  assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json(; charset=utf-8)?$/, path);
  const problem = (await response.json()) as Record<string, unknown>;
  const code = String(problem["code"]) as keyof typeof errorCodes;
  assert.ok(code in errorCodes, code);
  assert.equal(problem["type"], `https://sluice.invalid/errors/${code}`);
  assert.deepEqual([problem["status"], problem["title"]], [response.status, errorCodes[code].about]);
  assert.ok(typeof problem["detail"] === "string" && problem["detail"].length > 3);
  assert.ok(typeof problem["hint"] === "string" && problem["hint"].length > 3, `${path} has no hint`);
  return problem as never;
}
const post = (body: unknown): RequestInit => ({
  method: "POST",
  body: typeof body === "string" ? body : JSON.stringify(body),
});
/** A change of weights, made on whatever they are unless it says otherwise. */
const patch = (weights: unknown, headers: Record<string, string> = { "if-match": "*" }): RequestInit => ({
  method: "PATCH",
  headers,
  body: JSON.stringify({ weights, reason: "a test" }),
});
const weights = "/v1/services/chat/weights";
const failover = "/v1/services/chat/failover";
const move = { to: "site-b", reason: "a test" };

/** What must not change when something is refused: all but how long ago nodes were heard. */
const standing = async (): Promise<unknown> => (await arbiters.ask("/v1/status")).body;

const refused: Readonly<
  Record<string, readonly [path: string, init: RequestInit, status: number, code: string, words?: RegExp]>
> = {
  "no token": [failover, { ...post(move), headers: { authorization: "" } }, 401, "UNAUTHORIZED"],
  "another token": [failover, { ...post(move), headers: { authorization: "Bearer guess" } }, 401, "UNAUTHORIZED"],
  "the node token": [
    failover,
    { ...post(move), headers: { authorization: `Bearer ${tokens.node}` } },
    403,
    "FORBIDDEN",
  ],
  "the node token on a look": ["/v1/status", { headers: { authorization: `Bearer ${tokens.node}` } }, 403, "FORBIDDEN"],
  "another content type": [
    failover,
    { ...post(move), headers: { "content-type": "text/xml" } },
    415,
    "MEDIA_TYPE_UNSUPPORTED",
  ],
  "bad JSON": [failover, post('{"to": '), 400, "BODY_INVALID", /JSON/],
  "an empty body": [failover, post(""), 400, "BODY_INVALID"],
  "a key that pollutes": [
    failover,
    post('{"__proto__": {"a": 1}, "to": "site-b", "reason": "a test"}'),
    400,
    "BODY_INVALID",
  ],
  "an unknown key": [failover, post({ ...move, force: true }), 400, "BODY_INVALID", /unknown key force/],
  "a wrong type": [failover, post({ ...move, to: 7 }), 400, "BODY_INVALID", /body\/to: must be string/],
  "no reason": [failover, post({ to: "site-b" }), 400, "BODY_INVALID", /reason/],
  "an unknown query": ["/v1/events?from=1", {}, 400, "BODY_INVALID", /unknown key from/],
  "a query that is no number": ["/v1/events?after=-1", {}, 400, "BODY_INVALID", /after/],
  "an oversized body": [failover, post({ ...move, reason: "x".repeat(300_000) }), 413, "BODY_TOO_LARGE"],
  "an unknown route": ["/v1/nothing", {}, 404, "NOT_FOUND"],
  "another method": [failover, { method: "GET" }, 404, "NOT_FOUND"],
  "a path that is no path": ["/v1/explain/%zz", {}, 400, "BODY_INVALID"],
  "a name longer than any": [`/v1/explain/${"x".repeat(254)}`, {}, 400, "BODY_INVALID"],
  "an unknown name": ["/v1/explain/nothing", {}, 404, "NOT_FOUND", /no service is called nothing/],
  "an unknown service": ["/v1/services/nothing/failover", post(move), 404, "NOT_FOUND"],
  "an unknown site": [failover, post({ ...move, to: "site-x" }), 404, "NOT_FOUND"],
  "an unknown override": ["/v1/undo", post({ override: "nothing", reason: "a test" }), 404, "NOT_FOUND"],
  "a pin without a site": [
    "/v1/overrides",
    post({ kind: "pin", service: "chat", reason: "a test" }),
    400,
    "BODY_INVALID",
  ],
  "a pin to a channel where nobody routes": [
    "/v1/overrides",
    post({ kind: "pin", service: "chat", channel: "stable", reason: "a test" }),
    400,
    "BODY_INVALID",
    /no gateway is configured/,
  ],
  "a drain of a channel": [
    "/v1/overrides",
    post({ kind: "drain", site: "site-a", channel: "stable", reason: "a test" }),
    400,
    "BODY_INVALID",
  ],
  "weights of an unknown service": ["/v1/services/nothing/weights", patch({ stable: 1 }), 404, "NOT_FOUND"],
  "a look at weights of an unknown service": ["/v1/services/nothing/weights", {}, 404, "NOT_FOUND"],
  "weights by the node token": [
    weights,
    patch({ stable: 1 }, { "if-match": "*", authorization: `Bearer ${tokens.node}` }),
    403,
    "FORBIDDEN",
  ],
  "weights that don't say what they were made on": [weights, patch({ stable: 1 }, {}), 428, "IF_MATCH_MISSING"],
  "weights made on others": [
    weights,
    patch({ stable: 1 }, { "if-match": '"w-77"' }),
    412,
    "WEIGHTS_STALE",
    /stable 100/,
  ],
  "weights made on a tag that is none of ours": [
    weights,
    patch({ stable: 1 }, { "if-match": 'W/"w-0"' }),
    412,
    "WEIGHTS_STALE",
  ],
  "weights of an unknown channel": [
    weights,
    patch({ stable: 1, canary: 1 }),
    422,
    "WEIGHTS_INVALID",
    /no channel canary/,
  ],
  "weights that sum to zero": [weights, patch({ stable: 0 }), 422, "WEIGHTS_INVALID", /sum to zero/],
  "a negative weight": [weights, patch({ stable: -1 }), 422, "WEIGHTS_INVALID", /body\/weights\/stable: must be >= 0/],
  "a weight that is no number": [weights, patch({ stable: Number.NaN }), 422, "WEIGHTS_INVALID", /must be number/],
  "a weight as text": [weights, patch({ stable: "100" }), 422, "WEIGHTS_INVALID", /must be number/],
  "a weight without end": [weights, patch({ stable: 1e300 }), 422, "WEIGHTS_INVALID", /must be <= 1000000/],
  "weights that are none": [weights, patch([1]), 422, "WEIGHTS_INVALID"],
  "no weights": [weights, patch({}), 422, "WEIGHTS_INVALID", /stable has weight 100 and is not named/],
  "weights with a key that pollutes": [
    weights,
    { ...patch({}), body: '{"weights": {"__proto__": 1}, "reason": "a test"}' },
    400,
    "BODY_INVALID",
  ],
  "weights for an unknown reason": [
    weights,
    { ...patch({}), body: '{"weights": {"stable": 1}}' },
    400,
    "BODY_INVALID",
    /reason/,
  ],
  "weights that they are": [weights, patch({ stable: 100 }), 409, "NOTHING_TO_DO"],
  "a move to where it is": [failover, post({ ...move, to: "site-a" }), 409, "NOTHING_TO_DO"],
};

for (const [what, [path, init, status, code, words]] of Object.entries(refused)) {
  test(`${what}: ${status} ${code}, and nothing changes`, async () => {
    const before = await standing();
    const problem = await refusal(path, init);
    assert.deepEqual([problem.status, problem.code], [status, code]);
    if (words) assert.match(problem.detail, words);
    assert.deepEqual(await standing(), before);
  });
}

test("what there is instead is told", async () => {
  const { hint } = await refusal("/v1/services/nothing/failover", post(move));
  assert.equal(hint, "Services: chat. Sites: site-a, site-b, site-w. Overrides: none.");
  assert.equal((await refusal("/v1/explain/nothing")).hint, "Known: chat (chat.llm.example).");
});

test("every misfit is told at once, each with its path", async () => {
  const problem = await refusal(failover, post({ to: 7, reason: "x", more: 1 }));
  assert.deepEqual(problem.problems.map(({ path }) => path).sort(), ["body/more", "body/reason", "body/to"]);
});

test("a follower refuses a change of weights too", async () => {
  const ask = {
    method: "PATCH",
    headers: { "if-match": "*" },
    body: { weights: { stable: 1 }, reason: "a test" },
  } as const;
  const { status, body } = await arbiters.ask(weights, { of: "arbiter-b", ...ask });
  assert.deepEqual([status, (body as { code: string }).code], [421, "NOT_LEADER"]);
});

test("a follower refuses commands and names the leader with its URL", async () => {
  const { status, body } = await arbiters.ask(failover, { of: "arbiter-b", method: "POST", body: move });
  const { code, hint } = body as { code: string; hint: string };
  assert.deepEqual([status, code], [421, "NOT_LEADER"]);
  assert.equal(hint, `Ask arbiter-w at ${arbiters.urls["arbiter-w"]}: it leads as far as is known here.`);
});

/** How many reports came to this end, by the metrics. */
async function counted(result: string): Promise<number> {
  const { body } = await arbiters.ask("/metrics");
  return Number(
    new RegExp(`^sluice_arbiter_reports_total\\{result="${result}"\\} (\\d+)`, "m").exec(String(body))?.[1] ?? 0,
  );
}

type Sent = (to: Arbiters) => unknown;
const report = (changes: Partial<Report> = {}): Report => arbiters.report("agent-site-a", "arbiter-w", changes);
const down: Pick<Report, "votes"> = {
  votes: ["site-a", "site-b"].map((site) => ({ target: `pool:chat/stable@${site}`, opinion: "down", suspect: false })),
};
const signed = (value: unknown, by = "agent-site-a", kind: "report" | "snapshot" = "report") =>
  arbiters.sign(by, kind, value);

/** Every one of them would, if it were counted, say that everything is down. */
const forged: Readonly<Record<string, readonly [result: string, envelope: Sent]>> = {
  "under a key that nobody knows": ["unknown-key", () => ({ ...signed(report(down)), keyId: "agent-site-y" })],
  "of an agent that isn't configured": [
    "unknown-agent",
    () => signed({ ...report(down), agent: "agent-site-x" }, "agent-site-x"),
  ],
  "with a signature of something else": [
    "bad-signature",
    () => ({ ...signed(report()), payload: JSON.stringify(report(down)) }),
  ],
  "signed as another kind": ["bad-signature", () => signed(report(down), "agent-site-a", "snapshot")],
  "signed by an arbiter": ["wrong-role", () => signed(report(down), "arbiter-b")],
  "signed by another agent": ["signed-by-another", () => signed(report(down), "agent-site-b")],
  "that is no report": ["not-a-report", () => signed({ ...report(down), votes: "down" })],
};

for (const [what, [result, envelope]] of Object.entries(forged)) {
  test(`a report ${what} is refused and counted as ${result}, and nothing changes`, async () => {
    const [before, countBefore] = [await standing(), await counted(result)];
    const problem = await refusal("/v1/reports", post(envelope(arbiters)));
    assert.deepEqual([problem.status, problem.code], [409, "VOTE_REFUSED"]);
    assert.match(problem.detail, new RegExp(`: ${result}$`));
    assert.deepEqual([await counted(result), await standing()], [countBefore + 1, before]);
  });
}

test("an envelope of the wrong shape is refused before anybody looks into it", async () => {
  const problem = await refusal("/v1/reports", post({ ...signed(report()), more: 1 }));
  assert.deepEqual([problem.code, problem.problems[0]?.path], ["BODY_INVALID", "body/more"]);
});

/** From the agent itself, and not fit to be counted: it is told why, and given a nonce for the next. */
async function untimely(envelope: unknown, result: string): Promise<void> {
  const [before, countBefore] = [await standing(), await counted(result)];
  const answer: Answer = await arbiters.send(envelope);
  const { kind, because, nonce } = answer.body as Record<string, string>;
  assert.deepEqual([answer.status, kind, because], [200, "refused", result]);
  assert.ok((nonce ?? "").length >= 20);
  assert.deepEqual([await counted(result), await standing()], [countBefore + 1, before]);
}

test("a report made for another arbiter is refused", () =>
  untimely(signed({ ...report(down), arbiter: "arbiter-b" }), "wrong-arbiter"));

test("a report with a nonce that this arbiter never gave is refused", () =>
  untimely(signed(report({ ...down, nonce: "invented" })), "unknown-nonce"));

test("a report with an old number is refused", () => untimely(signed(report({ ...down, seq: 0 })), "old-seq"));

test("a report that was counted is refused when it comes again", async () => {
  const envelope = signed(report({ votes: [] }));
  const { body } = await arbiters.send(envelope);
  assert.equal((body as { kind: string }).kind, "counted");
  await untimely(envelope, "old-seq");
});

/** What the server says to bytes that are no request, until it hangs up. */
function saidTo(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes));
    socket.setEncoding("utf8").on("data", (piece: string) => (text += piece));
    socket.once("error", reject).once("close", () => resolve(text));
  });
}

test("what is no HTTP gets a problem document and is hung up on", async () => {
  const text = await saidTo("HELLO THERE\r\n\r\n");
  assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\ncontent-type: application\/problem\+json\r\n/);
  assert.match(text, /"code":"BODY_INVALID"/);
});

test("headers without an end are hung up on", async () => {
  assert.match(await saidTo(`GET /v1/status HTTP/1.1\r\nx: ${"x".repeat(20_000)}`), /^HTTP\/1\.1 431 /);
});

test("who sends a request slowly, or nothing at all, is hung up on", async () => {
  const [slow, silent] = await Promise.all([saidTo("GET /v1/status HTTP/1.1\r\nx-slow: "), saidTo("")]);
  assert.match(slow, /^HTTP\/1\.1 408 Request Timeout\r\n/);
  assert.match(silent, /^HTTP\/1\.1 408 |^$/);
});
