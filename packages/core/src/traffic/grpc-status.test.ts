import assert from "node:assert/strict";
import { test } from "node:test";
import { grpcStatusOf } from "./grpc-status.ts";

const table = [
  ["0", 200, 0],
  ["14", 200, 14],
  ["16", 200, 16],
  // A status of its own beats HTTP's.
  ["5", 503, 5],
  ["17", 200, 2],
  ["-1", 200, 2],
  ["", 200, 2],
  ["OK", 200, 2],
  ["0".repeat(50), 200, 2],
  // No status at all: the stream ended without trailers, or a proxy answered.
  [undefined, 200, 2],
  [undefined, 400, 13],
  [undefined, 401, 16],
  [undefined, 403, 7],
  [undefined, 404, 12],
  [undefined, 429, 8],
  [undefined, 500, 2],
  [undefined, 502, 14],
  [undefined, 503, 14],
  [undefined, 504, 14],
] as const;

for (const [grpcStatus, httpStatus, expected] of table) {
  test(`grpc-status ${grpcStatus ?? "missing"} under HTTP ${httpStatus} is ${expected}`, () => {
    assert.equal(grpcStatusOf(grpcStatus, httpStatus), expected);
  });
}
