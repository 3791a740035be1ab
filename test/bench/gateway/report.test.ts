import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProxyName } from "./ground.ts";
import { type Aim, isMet, sayAim, spreadCells } from "./report.ts";
import type { Measured } from "./rounds.ts";
import { reportThroughput } from "./throughput.ts";

const aim: Aim = { what: "growth", measured: 8, is: "at most", limit: 8, unit: "MiB" };

test("an aim is met at its limit or not, as it says, and never without a figure", () => {
  assert.deepEqual(
    (["at least", "at most", "below"] as const).map((is) => isMet({ ...aim, is })),
    [true, true, false],
  );
  assert.ok(!isMet({ ...aim, measured: undefined }));
  assert.equal(sayAim(aim), "growth: 8 MiB, aim at most 8 MiB: met");
  assert.equal(sayAim({ ...aim, measured: 8.004, unit: "" }), "growth: 8.00, aim at most 8: missed");
  assert.equal(sayAim({ ...aim, measured: undefined }), "growth: not measured, aim at most 8 MiB: missed");
});

test("a spread without figures is dashes", () => {
  assert.deepEqual(spreadCells([3, 1, 2], 1), ["1.0", "2.0", "3.0"]);
  assert.deepEqual(spreadCells([], 1), ["–", "–", "–"]);
});

test("our throughput is held to the best of Node's proxies and to HAProxy", () => {
  const names = ["sluice", "haproxy", "@fastify/http-proxy", "http-proxy-middleware"] as const;
  const round = (...values: readonly number[]): ReadonlyMap<ProxyName, Measured> =>
    new Map(names.map((name, index) => [name, { kind: "measured", value: values[index] ?? 0 }]));
  const { rows, aims } = reportThroughput("HTTP/1.1", "requests/s", {
    names,
    rounds: [round(100, 200, 40, 30), round(120, 400, 80, 30), round(90, 100, 45, 100)],
  });
  assert.deepEqual(rows[1], ["HTTP/1.1", "haproxy", "3", "100", "200", "400", "0.30", "0.50", "0.90"]);
  assert.deepEqual(
    aims.map(({ what, measured, limit }) => [what.includes("@fastify"), measured, limit]),
    [
      [true, 2, 2],
      [false, 0.5, 0.4],
    ],
  );
});
