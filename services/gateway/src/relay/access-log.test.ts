import assert from "node:assert/strict";
import { test } from "node:test";
import { monoMs } from "@sluice/core";
import { makeAccessLog } from "./access-log.ts";
import type { RequestRecord } from "./record.ts";

const record: RequestRecord = {
  method: "POST",
  path: "/v1/completions?key=secret",
  host: 'chat.test"\\\n',
  protocol: "http2",
  remoteAddress: "192.0.2.7",
  startedAt: monoMs(1),
  service: "chat",
  channel: "canary",
  because: "slot",
  slot: 17,
  site: "site-a",
  endpoint: "127.0.0.1:1",
  status: 200,
  outcome: { kind: "failure", because: "stream-error" },
  reason: 'broke "off"',
  firstByteMs: 12.345,
  totalMs: 99.99,
  attempts: 2,
  requestBytes: 5,
  responseBytes: 7,
};

function lineOf(change: Partial<RequestRecord>): { readonly [key: string]: unknown } {
  const lines: string[] = [];
  makeAccessLog("gateway-a", (line) => lines.push(line))({ ...record, ...change });
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /^[^\n]+\n$/);
  return JSON.parse(lines[0] ?? "") as { readonly [key: string]: unknown };
}

test("a line is JSON, whatever a client sends", () => {
  const { time, ...line } = lineOf({});
  assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.deepEqual(line, {
    level: 30,
    gateway: "gateway-a",
    event: "request",
    method: "POST",
    host: 'chat.test"\\\n',
    path: "/v1/completions",
    protocol: "http2",
    remoteAddress: "192.0.2.7",
    status: 200,
    service: "chat",
    channel: "canary",
    because: "slot",
    slot: 17,
    site: "site-a",
    endpoint: "127.0.0.1:1",
    outcome: "failure",
    outcomeBecause: "stream-error",
    reason: 'broke "off"',
    firstByteMs: 12.3,
    totalMs: 100,
    attempts: 2,
    requestBytes: 5,
    responseBytes: 7,
  });
});

test("a query is nobody's business, and a path is cut", () => {
  assert.equal(lineOf({ path: "/a?b" })["path"], "/a");
  assert.equal(String(lineOf({ path: `/${"x".repeat(1_000)}` })["path"]).length, 256);
});

test("of what isn't known nothing is said", () => {
  const { method, path, host, protocol, remoteAddress, startedAt, status, attempts } = record;
  const lines: string[] = [];
  const bare = { method, path, host, protocol, remoteAddress, startedAt, status, attempts };
  makeAccessLog("gateway-a", (line) => lines.push(line))(bare);
  assert.deepEqual(Object.keys(JSON.parse(lines[0] ?? "") as object), [
    "level",
    "time",
    "gateway",
    "event",
    "method",
    "host",
    "path",
    "remoteAddress",
    "protocol",
    "status",
    "attempts",
    "requestBytes",
    "responseBytes",
  ]);
});

test("requests that are alike in part are told apart", () => {
  const lines: string[] = [];
  const log = makeAccessLog("gateway-a", (line) => lines.push(line));
  const changes: readonly Partial<RequestRecord>[] = [
    {},
    { status: 503 },
    {},
    { reason: "another" },
    { endpoint: "127.0.0.1:2" },
    { outcome: { kind: "success" } },
    { channel: "stable", because: "pin" },
    { slot: 18, path: "/other", firstByteMs: 1 },
  ];
  for (const change of changes) log({ ...record, ...change });
  for (const [at, change] of changes.entries()) {
    const line = JSON.parse(lines[at] ?? "") as object;
    assert.deepEqual({ ...line, time: "" }, { ...lineOf(change), time: "" });
  }
});

test("a line is ASCII, and still says what was sent", () => {
  const lines: string[] = [];
  makeAccessLog("gateway-a", (line) => lines.push(line))({ ...record, path: "/\u00fc\u007f", reason: "\u2026" });
  assert.match(lines[0] ?? "", /^[\x20-\x7e]+\n$/);
  const { path, reason } = JSON.parse(lines[0] ?? "") as { readonly [key: string]: unknown };
  assert.deepEqual([path, reason], ["/\u00fc\u007f", "\u2026"]);
});
