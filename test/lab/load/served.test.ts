import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange } from "./exchange.ts";
import { makeServed } from "./served.ts";

const exchange = (servedBy: string | undefined, ttftMs: number | undefined, error?: string): Exchange => ({
  kind: "unary",
  startedAt: 0,
  endedAt: 1,
  servedBy,
  ttftMs,
  error,
});

test("each pool that answered has a row, with its share, its errors and its times", () => {
  const served = makeServed();
  for (let ms = 1; ms <= 100; ms += 1) served.note(exchange(`site-a/stable/${(ms % 2) + 1}`, ms));
  for (let ms = 1; ms <= 60; ms += 1) served.note(exchange("site-b/canary/1", 10));
  for (let turn = 0; turn < 30; turn += 1) served.note(exchange("site-a/stable/1", undefined, "500"));
  for (let turn = 0; turn < 10; turn += 1) served.note(exchange(undefined, undefined, "ECONNREFUSED"));
  const { rows, reasons, requests, errors } = served.table();
  assert.deepEqual([requests, errors], [200, 40]);
  assert.deepEqual(reasons, [
    { error: "500", count: 30 },
    { error: "ECONNREFUSED", count: 10 },
  ]);
  const [canary, stable, nobody] = rows;
  assert.deepEqual(canary, {
    site: "site-b",
    channel: "canary",
    requests: 60,
    errors: 0,
    share: 0.3,
    ttftP50Ms: 10,
    ttftP95Ms: 10,
  });
  assert.deepEqual([stable?.site, stable?.channel, stable?.requests, stable?.errors], ["site-a", "stable", 130, 30]);
  assert.ok(Math.abs((stable?.ttftP50Ms ?? 0) - 50) < 1 && Math.abs((stable?.ttftP95Ms ?? 0) - 95) < 1);
  assert.deepEqual(nobody, {
    site: "nobody",
    channel: "-",
    requests: 10,
    errors: 10,
    share: 0.05,
    ttftP50Ms: undefined,
    ttftP95Ms: undefined,
  });
});

test("before anything was answered the table is empty", () => {
  assert.deepEqual(makeServed().table(), { requests: 0, errors: 0, rows: [], reasons: [] });
});

test("errors of ever new kinds are kept to a bound", () => {
  const served = makeServed();
  for (let kind = 0; kind < 1_000; kind += 1) served.note(exchange(undefined, undefined, `E${kind}`));
  const { reasons } = served.table();
  assert.deepEqual([reasons.length, reasons[0]], [33, { error: "other", count: 968 }]);
});
