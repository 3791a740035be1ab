import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { monoMs } from "../model.ts";
import { makeRetryBudget, type RetryBudget } from "./retry-budget.ts";

/** Everything fails and would be sent again: how many retries there are. */
function outage(budget: RetryBudget, requests: number, everyMs: number): number {
  let retries = 0;
  for (let request = 0; request < requests; request += 1) {
    const now = monoMs(request * everyMs);
    budget.note(now);
    if (!budget.allows(now)) continue;
    budget.spend(now);
    retries += 1;
  }
  return retries;
}

test("a full outage makes 1.2 attempts of a request at most", () => {
  assert.equal(outage(makeRetryBudget(), 3_000, 20), 600);
});

test("a quiet gateway may retry, three times in 10 s", () => {
  assert.equal(outage(makeRetryBudget(), 1, 1_000), 1);
  assert.equal(outage(makeRetryBudget(), 5, 1_000), 3);
  // One request each 5 s: every one of them.
  assert.equal(outage(makeRetryBudget(), 100, 5_000), 100);
});

test("whatever comes when, in no 10 s are there more retries than a fifth of the requests, or three", () => {
  const arrivals = fc.array(fc.oneof(fc.nat(20), fc.nat(500), fc.nat(20_000)), { maxLength: 400 });
  fc.assert(
    fc.property(arrivals, (gaps) => {
      const budget = makeRetryBudget();
      const requests: number[] = [];
      const retries: number[] = [];
      let at = 0;
      for (const gap of gaps) {
        at += gap;
        budget.note(monoMs(at));
        requests.push(Math.floor(at / 1_000));
        if (!budget.allows(monoMs(at))) continue;
        budget.spend(monoMs(at));
        retries.push(Math.floor(at / 1_000));
        const since = Math.floor(at / 1_000) - 9;
        const spent = retries.filter((second) => second >= since).length;
        assert.ok(spent <= Math.max(3, 0.2 * requests.filter((second) => second >= since).length));
      }
    }),
  );
});
