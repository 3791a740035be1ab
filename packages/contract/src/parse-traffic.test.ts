import assert from "node:assert/strict";
import { test } from "node:test";
import { parseReport, parseTrafficAsk, parseTrafficReply } from "./parse-message.ts";

const target = "pool:chat/stable@site-a";
const traffic = { state: "tripped", because: "12 of 40 requests failed in 10 s" };
const long = "x".repeat(201);

const report = (vote: object): unknown => ({
  agent: "agent-a",
  arbiter: "arbiter-w",
  nonce: "",
  bootId: "boot",
  seq: 0,
  configRevision: 0,
  selfCheck: { kind: "ok" },
  votes: [{ target, opinion: "healthy", suspect: false, ...vote }],
});
const ask = (look: object = {}): unknown => ({
  agent: "agent-a",
  looks: [{ target, goodInRow: 3, failedInRow: 0, ...look }],
});
const reply = (pool: object = {}): unknown => ({ gateway: "gw-a", pools: [{ target, ...traffic, ...pool }] });

const table: readonly [string, unknown, boolean][] = [
  ["a vote of an older agent, without traffic", parseReport(report({})), true],
  ["a vote with traffic", parseReport(report({ traffic })), true],
  ["a vote with a state that nobody knows", parseReport(report({ traffic: { ...traffic, state: "fine" } })), false],
  ["a vote with a sentence too long", parseReport(report({ traffic: { ...traffic, because: long } })), false],
  ["an agent's looks", parseTrafficAsk(ask()), true],
  ["looks with more to them than is known here", parseTrafficAsk(ask({ firstTokenMs: 40 })), true],
  ["looks that ran backwards", parseTrafficAsk(ask({ goodInRow: -1 })), false],
  ["no looks at all", parseTrafficAsk({ agent: "agent-a" }), false],
  ["a gateway's numbers", parseTrafficReply(reply()), true],
  ["numbers with a sentence too long", parseTrafficReply(reply({ because: long })), false],
  ["numbers without a state", parseTrafficReply(reply({ state: undefined })), false],
  [
    "more pools than there may be",
    parseTrafficReply({ gateway: "gw-a", pools: Array(10_001).fill({ target, ...traffic }) }),
    false,
  ],
];

for (const [what, parsed, isGood] of table)
  test(`${what}: ${isGood ? "taken" : "refused"}`, () => assert.equal(parsed !== undefined, isGood));
