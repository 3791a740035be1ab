import assert from "node:assert/strict";
import { test } from "node:test";
import { classify, type RequestEnd } from "./classify.ts";
import { droppedReasons, parseDroppedReason } from "./dropped-reason.ts";
import type { RequestOutcome } from "./outcome.ts";

/** The outcome in short: `failure status`. */
const short = (outcome: RequestOutcome): string =>
  outcome.kind === "success" ? "success" : `${outcome.kind} ${outcome.because}`;
const http = (status: number, more: Partial<RequestEnd & { kind: "http" }> = {}): RequestEnd => ({
  kind: "http",
  status,
  ...more,
});

const httpTable = {
  success: [100, 101, 200, 201, 204, 206, 301, 304],
  "failure status": [500, 502, 503, 504],
  "saturated unnamed": [429],
  "neither client-error": [400, 401, 403, 404, 408, 409, 413, 422, 499, 501, 505, 507, 511],
} as const;

for (const [expected, statuses] of Object.entries(httpTable)) {
  test(`HTTP ${statuses.join(", ")}: ${expected}`, () => {
    for (const status of statuses) assert.equal(short(classify(http(status))), expected, String(status));
  });
}

const grpcTable = {
  success: [0],
  "failure grpc-status": [2, 4, 13, 14, 15],
  "saturated unnamed": [8],
  "neither client-error": [1, 3, 5, 6, 7, 9, 10, 11, 12, 16],
} as const;

for (const [expected, statuses] of Object.entries(grpcTable)) {
  test(`gRPC ${statuses.join(", ")}: ${expected}`, () => {
    for (const status of statuses) assert.equal(short(classify({ kind: "grpc", status })), expected, String(status));
  });
}

test("every gRPC status stands in the table once", () => {
  const all = Object.values(grpcTable).flat();
  assert.deepEqual(
    all.toSorted((a, b) => a - b),
    Array.from({ length: 17 }, (_, status) => status),
  );
});

// The header only speaks for the answers of a router that drops: 429 and 503, gRPC 8 and 14.
const dropTable = [
  ["rejected-saturated", { 429: "saturated", 503: "saturated", 500: "failure", 400: "neither", 200: "success" }],
  ["rejected-ttl-expired", { 429: "saturated", 503: "saturated" }],
  ["rejected-shutting-down", { 503: "saturated" }],
  ["rejected-context-cancelled", { 503: "saturated" }],
  ["rejected-something-new", { 429: "saturated", 503: "saturated" }],
  ["evicted", { 429: "saturated", 503: "saturated", 500: "failure" }],
  ["evicted-queue-pressure", { 429: "saturated", 503: "saturated" }],
  ["evicted-priority", { 429: "saturated", 503: "saturated" }],
  ["evicted-something-new", { 503: "saturated" }],
  // A pool with no endpoint ready is broken.
  ["rejected-no-endpoints", { 503: "failure" }],
  ["rejected-internal", { 500: "failure", 503: "failure" }],
  ["because", { 429: "saturated", 503: "failure" }],
  ["", { 503: "failure" }],
] as const;

for (const [header, outcomes] of dropTable) {
  test(`"${header}" as the reason of a drop`, () => {
    const droppedReason = parseDroppedReason(header);
    for (const [status, kind] of Object.entries(outcomes)) {
      assert.equal(classify(http(Number(status), { droppedReason })).kind, kind, status);
    }
  });
}

test("gRPC names the reason as HTTP does", () => {
  const droppedReason = parseDroppedReason(" rejected-saturated ");
  assert.equal(short(classify({ kind: "grpc", status: 14, droppedReason })), "saturated rejected-saturated");
  assert.equal(short(classify({ kind: "grpc", status: 8, droppedReason })), "saturated rejected-saturated");
  assert.equal(short(classify({ kind: "grpc", status: 13, droppedReason })), "failure grpc-status");
});

test("a reason is one of a closed list, whatever is sent", () => {
  for (const value of ["constructor", "__proto__", "toString", "rejected", "x".repeat(100_000)]) {
    assert.equal(parseDroppedReason(value), undefined);
  }
  for (const reason of Object.keys(droppedReasons)) assert.equal(parseDroppedReason(reason), reason);
});

const endTable: readonly (readonly [string, RequestEnd])[] = [
  ["failure connect", { kind: "transport", because: "connect" }],
  ["failure reset", { kind: "transport", because: "reset" }],
  ["failure timeout", { kind: "transport", because: "timeout" }],
  ["success", http(200, { sse: "done" })],
  ["success", http(200, { sse: "unmarked" })],
  ["failure stream-error", http(200, { sse: "error" })],
  ["failure stream-cut", http(200, { sse: "cut" })],
  // The status has said it already.
  ["failure status", http(500, { sse: "cut" })],
  ["neither client-abort", { kind: "client-abort" }],
  ["neither client-abort", { kind: "client-abort", sse: "cut" }],
  ["neither client-abort", { kind: "client-abort", sse: "unmarked" }],
  // It had read to the end, or read the error, and then it left.
  ["success", { kind: "client-abort", sse: "done" }],
  ["failure stream-error", { kind: "client-abort", sse: "error" }],
];

for (const [expected, end] of endTable) {
  test(`${JSON.stringify(end)}: ${expected}`, () => assert.equal(short(classify(end)), expected));
}

test("classifying makes nothing new", () => {
  assert.equal(classify(http(503)), classify(http(500)));
  assert.equal(classify({ kind: "grpc", status: 8 }), classify(http(429)));
});
