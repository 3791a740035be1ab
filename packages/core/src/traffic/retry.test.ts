import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type DroppedReason, droppedReasons } from "./dropped-reason.ts";
import { type AttemptEnd, type AttemptFacts, mayRetry } from "./retry.ts";

const http = (status: number, droppedReason?: DroppedReason): AttemptEnd => ({
  kind: "answer",
  status,
  isGrpc: false,
  droppedReason,
});
const grpc = (status: number, droppedReason?: DroppedReason): AttemptEnd => ({
  kind: "answer",
  status,
  isGrpc: true,
  droppedReason,
});
const facts = (end: AttemptEnd, more: Partial<AttemptFacts> = {}): AttemptFacts => ({
  end,
  isAnswerBegun: false,
  attempts: 1,
  isBodyHeld: true,
  method: "POST",
  hasIdempotencyKey: false,
  isClientHere: true,
  hasNext: true,
  isWithinBudget: true,
  ...more,
});
const short = (each: AttemptFacts): string => {
  const decision = mayRetry(each);
  return decision.kind === "retry" ? "retry" : decision.because;
};

/** What comes of a POST, and of one with an Idempotency-Key or of a GET. */
const table: readonly (readonly [string, AttemptEnd, string, string])[] = [
  ["nothing listens", { kind: "connect" }, "retry", "retry"],
  ["the stream is refused", { kind: "unprocessed" }, "retry", "retry"],
  ["the connection breaks", { kind: "reset" }, "maybe-processed", "retry"],
  ["nothing comes for too long", { kind: "timeout" }, "maybe-processed", "retry"],
  ["503 rejected-saturated", http(503, "rejected-saturated"), "retry", "retry"],
  ["429 rejected-saturated", http(429, "rejected-saturated"), "retry", "retry"],
  ["503 rejected-no-endpoints", http(503, "rejected-no-endpoints"), "retry", "retry"],
  ["503 rejected-shutting-down", http(503, "rejected-shutting-down"), "retry", "retry"],
  ["500 rejected-internal", http(500, "rejected-internal"), "maybe-processed", "retry"],
  ["503 evicted", http(503, "evicted"), "evicted", "evicted"],
  ["429 evicted-priority", http(429, "evicted-priority"), "evicted", "evicted"],
  ["200 evicted", http(200, "evicted"), "evicted", "evicted"],
  ["500", http(500), "maybe-processed", "retry"],
  ["502", http(502), "maybe-processed", "retry"],
  ["503", http(503), "maybe-processed", "retry"],
  ["504", http(504), "maybe-processed", "retry"],
  ["429", http(429), "answered", "answered"],
  ["401", http(401), "answered", "answered"],
  ["501", http(501), "answered", "answered"],
  ["200", http(200), "answered", "answered"],
  ["400 rejected-saturated", http(400, "rejected-saturated"), "answered", "answered"],
  ["gRPC 14 rejected-saturated", grpc(14, "rejected-saturated"), "retry", "retry"],
  ["gRPC 8 rejected-ttl-expired", grpc(8, "rejected-ttl-expired"), "retry", "retry"],
  ["gRPC 8 evicted", grpc(8, "evicted"), "evicted", "evicted"],
  ["gRPC 14", grpc(14), "maybe-processed", "retry"],
  ["gRPC 13", grpc(13), "maybe-processed", "retry"],
  ["gRPC 4", grpc(4), "answered", "answered"],
  ["gRPC 8", grpc(8), "answered", "answered"],
  ["gRPC 0", grpc(0), "answered", "answered"],
];

for (const [what, end, post, repeatable] of table) {
  test(`${what}: ${post}, and ${repeatable} if it may be repeated`, () => {
    assert.equal(short(facts(end)), post);
    assert.equal(short(facts(end, { hasIdempotencyKey: true })), repeatable);
    for (const method of ["GET", "HEAD", "PUT", "DELETE"]) assert.equal(short(facts(end, { method })), repeatable);
    assert.equal(short(facts(end, { method: "PATCH" })), post);
  });
}

for (const [because, more] of [
  ["answer-begun", { isAnswerBegun: true }],
  ["client-gone", { isClientHere: false }],
  ["attempts-used", { attempts: 2 }],
  ["nowhere-to-go", { hasNext: false }],
  ["body-not-held", { isBodyHeld: false }],
  ["budget-spent", { isWithinBudget: false }],
] as const) {
  test(`never when: ${because}`, () => {
    for (const [, end] of table) assert.notEqual(short(facts(end, { ...more, hasIdempotencyKey: true })), "retry");
    assert.equal(short(facts({ kind: "connect" }, more)), because);
  });
}

test("a key makes a retry likelier only, and an eviction is final", () => {
  const ends = fc.record({
    kind: fc.constant("answer" as const),
    status: fc.integer({ min: 0, max: 599 }),
    isGrpc: fc.boolean(),
    droppedReason: fc.constantFrom(undefined, ...(Object.keys(droppedReasons) as DroppedReason[])),
  });
  fc.assert(
    fc.property(ends, (end) => {
      if (short(facts(end)) === "retry") assert.equal(short(facts(end, { hasIdempotencyKey: true })), "retry");
      if (end.droppedReason?.startsWith("evicted") === true) {
        assert.equal(short(facts(end, { hasIdempotencyKey: true, method: "GET" })), "evicted");
      }
    }),
  );
});
