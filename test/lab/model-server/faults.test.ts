import assert from "node:assert/strict";
import { test } from "node:test";
import { isInScope, parseFaults } from "./faults.ts";

test("faults that are in order are taken as they stand, together", () => {
  const all = {
    status: { code: 503, rate: 0.3 },
    latencyMs: 250,
    hang: false,
    missingModel: true,
    streamError: { afterChunks: 3 },
    alternate: true,
    scope: ["/v1/", "/grpc.health.v1.Health/"],
  };
  for (const faults of [{}, all, { refuse: true }]) assert.deepEqual(parseFaults(faults), { kind: "faults", faults });
});

test("each mistake is answered with a sentence that names the key", () => {
  const known = "status, latencyMs, hang, refuse, missingModel, streamError, alternate, scope";
  const table: readonly (readonly [unknown, string])[] = [
    [undefined, '"faults" must be an object'],
    [[], '"faults" must be an object'],
    [{ latency: 3 }, `unknown key "latency" in "faults"; known are ${known}`],
    [{ toString: 3 }, `unknown key "toString" in "faults"; known are ${known}`],
    [{ latencyMs: -1 }, '"latencyMs" must be a number from 0 to 600000'],
    [{ latencyMs: "3" }, '"latencyMs" must be a number from 0 to 600000'],
    [{ latencyMs: Number.NaN }, '"latencyMs" must be a number from 0 to 600000'],
    [{ hang: 1 }, '"hang" must be true or false'],
    [{ status: 503 }, '"status" must be an object'],
    [{ status: { code: 200, rate: 1 } }, '"status.code" must be a whole number from 400 to 599'],
    [{ status: { code: 503, rate: 1.1 } }, '"status.rate" must be a number from 0 to 1'],
    [{ status: { code: 503 } }, '"status.rate" is missing'],
    [{ status: { code: 503, rate: 1, body: "x" } }, 'unknown key "body" in "status"; known are code, rate'],
    [{ streamError: {} }, '"streamError.afterChunks" is missing'],
    [{ streamError: { afterChunks: 1.5 } }, '"streamError.afterChunks" must be a whole number from 0 to 8192'],
    [{ scope: [] }, '"scope" must be a list of 1 to 16 path prefixes, each beginning with "/"'],
    [{ scope: ["v1"] }, '"scope" must be a list of 1 to 16 path prefixes, each beginning with "/"'],
    [
      { refuse: true, scope: ["/v1/"] },
      '"refuse" cannot be scoped: before a connection stands there is no path; leave out "scope"',
    ],
  ];
  for (const [value, message] of table) assert.deepEqual(parseFaults(value), { kind: "error", message });
});

test("a scope is a list of prefixes, and no scope is everything", () => {
  assert.equal(isInScope({}, "/health"), true);
  assert.equal(isInScope({ scope: ["/v1/", "/sluice.lab.v1."] }, "/v1/models"), true);
  assert.equal(isInScope({ scope: ["/v1/", "/sluice.lab.v1."] }, "/sluice.lab.v1.Generator/Generate"), true);
  assert.equal(isInScope({ scope: ["/v1/"] }, "/health"), false);
});
