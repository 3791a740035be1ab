import assert from "node:assert/strict";
import { test } from "node:test";
import { readLog, readRate } from "./h2load.ts";

/** As h2load 1.52 prints it. */
const printed = (requests: string, codes: string): string => `starting benchmark...
spawning thread #0: 32 total client(s). Timing-based test with 500ms of warm-up time and 1s of main duration for measurements.
progress: 100% of clients started.

finished in 1.50s, 12345.00 req/s, 3.21MB/s
requests: ${requests}
status codes: ${codes}
traffic: 3.21MB (3366000) total, 1.02MB (1069560) headers (space savings 0.00%), 1.11MB (1163904) data
`;
const well = "12345 total, 12377 started, 12345 done, 12345 succeeded, 0 failed, 0 errored, 0 timeout";

test("the rate, when every answer was 2xx", () => {
  assert.deepEqual(readRate(printed(well, "12350 2xx, 0 3xx, 0 4xx, 0 5xx")), { kind: "measured", value: 12_345 });
});

test("void when something failed, when an answer was no 2xx, and when there was none", () => {
  const failed = well.replace("0 failed, 0 errored", "3 failed, 2 errored");
  assert.deepEqual(readRate(printed(failed, "12340 2xx, 0 3xx, 0 4xx, 5 5xx")), {
    kind: "void",
    because: "3 failed, 2 errored, 5 5xx",
  });
  const nothing = printed(well, "0 2xx, 0 3xx, 0 4xx, 0 5xx").replace("12345.00 req/s", "0.00 req/s");
  assert.deepEqual(readRate(nothing), { kind: "void", because: "no answers" });
  assert.deepEqual(readRate("no such host"), { kind: "void", because: "no answers" });
});

test("the log's times are in milliseconds, without those of the warm-up", () => {
  const log = "1000000\t200\t900\n1400000\t503\t700\n1500000\t200\t1500\n1600000\t200\t250\n";
  assert.deepEqual(readLog(log, 500), { tookMs: [1.5, 0.25], bad: 1 });
  assert.deepEqual(readLog("", 500), { tookMs: [], bad: 0 });
});
