import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange, Load } from "@sluice/lab";
import { systemClock } from "@sluice/runtime";
import { servedLine, servedLines } from "./served-lines.ts";
import { watchLoad } from "./watch-load.ts";

const load = { heldBack: () => 0, inFlight: () => 3, ended: Promise.resolve() } satisfies Load;

const exchange = (servedBy: string | undefined, error?: string): Exchange => ({
  kind: "unary",
  startedAt: systemClock.monotonicMs() - 40,
  endedAt: systemClock.monotonicMs(),
  servedBy,
  ttftMs: error === undefined ? 40 : undefined,
  error,
});

/** Shows until it has been written to so many times; answers each text. */
async function shown(isTTY: boolean, times: number): Promise<readonly string[]> {
  const texts: string[] = [];
  const stop = new AbortController();
  const write = (text: string): void => {
    texts.push(text);
    if (texts.length === times) stop.abort();
  };
  const watch = watchLoad({ isTTY, write });
  for (let turn = 0; turn < 9; turn += 1) watch.note(exchange("site-a/stable/1"));
  watch.note(exchange(undefined, "ECONNREFUSED"));
  await watch.show(load, stop.signal);
  assert.deepEqual([watch.total().requests, watch.total().errors], [10, 1]);
  return texts;
}

test("where nothing can be drawn over, a line a second says who served what", async () => {
  const [line] = await shown(false, 1);
  assert.match(
    line ?? "",
    /^\d s {2}stable@site-a 90\.0 % \(40 ms, p95 40 ms\) {2}-@nobody 10\.0 % \(-, p95 -\) {2}1 lost \(1 × ECONNREFUSED\)\n$/,
  );
});

test("on a terminal the table is drawn over itself", async () => {
  const [first = "", second = ""] = await shown(true, 2);
  assert.match(first, /^after \d s, the last 5 s \(3 under way\)\nCHANNEL +SITE/);
  const height = first.split("\n").length - 1;
  assert.ok(second.startsWith(`\u001b[${height}A\u001b[Jafter `), JSON.stringify(second));
});

test("the table tells shares, losses and times, and reasons below it", () => {
  const table = {
    requests: 1_000,
    errors: 3,
    rows: [
      { site: "site-a", channel: "canary", requests: 100, errors: 0, share: 0.1, ttftP50Ms: 31.2, ttftP95Ms: 60 },
      { site: "site-a", channel: "stable", requests: 900, errors: 3, share: 0.9, ttftP50Ms: 30, ttftP95Ms: 58.6 },
    ],
    reasons: [
      { error: "500", count: 2 },
      { error: "stream-cut", count: 1 },
    ],
  };
  assert.deepEqual(servedLines(table), [
    "CHANNEL  SITE    REQUESTS  SHARE   ERRORS  TTFT P50  P95",
    "canary   site-a  100       10.0 %  0       31 ms     60 ms",
    "stable   site-a  900       90.0 %  3       30 ms     59 ms",
    "",
    "1000 requests, 3 of them lost (2 × 500, 1 × stream-cut)",
  ]);
  assert.equal(
    servedLine(12_300, table),
    "12 s  canary@site-a 10.0 % (31 ms, p95 60 ms)  stable@site-a 90.0 % (30 ms, p95 59 ms)  3 lost (2 × 500, 1 × stream-cut)",
  );
});
