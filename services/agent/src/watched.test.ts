import assert from "node:assert/strict";
import { test } from "node:test";
import { epochMs, monoMs } from "@sluice/core";
import type { Clock } from "@sluice/ports";
import type { LookPlan } from "./look-target.ts";
import type { LookResult } from "./probes/look.ts";
import { lookOf, newWatched, noteLook, voteOf } from "./watched.ts";
import { makeWatcher } from "./watcher.ts";

const plan: LookPlan = { key: "edge:site-a", endpoints: ["127.0.0.1:1"], endpointsUpMin: 1, probe: { kind: "tcp" } };
const settings = { fall: 4, rise: 5, degradedFailures: 6, degradedLooks: 10 };
const ok: LookResult = { kind: "ok", ms: 1 };
const failed: LookResult = { kind: "failed", because: "connect ECONNREFUSED" };

/** Notes looks one after another, the first beginning at 1000, a hundred milliseconds apart. */
function note(results: readonly (LookResult | undefined)[], of = plan) {
  const entry = newWatched(of, 0, { spreadMs: 1000, beatMs: 1 });
  const said = results.map((result, index) => {
    const startedAt = 1000 + index * 100;
    return noteLook(entry, result, { settings, startedAt, wallAt: epochMs(startedAt) });
  });
  return { entry, said, vote: voteOf(entry, settings) };
}

test("from the start, down takes four failed looks and healthy five good ones", () => {
  assert.equal(note([failed, failed, failed]).vote.opinion, "unknown");
  assert.equal(note([failed, failed, failed, failed]).vote.opinion, "down");
  assert.equal(note([ok, ok, ok, ok]).vote.opinion, "unknown");
  assert.equal(note([ok, ok, ok, ok, ok]).vote.opinion, "healthy");
});

test("the first failure of a streak is said once, and so is each change", () => {
  const { said } = note([ok, ok, ok, ok, ok, failed, failed, failed, failed, failed]);
  assert.deepEqual(
    said.map(({ isFirstFailure }) => isFirstFailure),
    [false, false, false, false, false, true, false, false, false, false],
  );
  // Healthy, suspected, down.
  assert.deepEqual(
    said.map(({ isChange }) => isChange),
    [false, false, false, false, true, true, false, false, true, false],
  );
});

test("a good look now and then doesn't make a target that is down need new proof", () => {
  const { entry, said } = note([failed, failed, failed, failed, ok, failed]);
  assert.equal(entry.downSince, 1000);
  assert.equal(said.at(-1)?.isFirstFailure, false);
  assert.equal(note([failed, failed, failed, failed, ok, ok, ok, ok, ok]).entry.downSince, undefined);
});

test("a gateway is told the bare runs of looks, however the opinion stands, and further back than any window", () => {
  const run = (results: readonly (LookResult | undefined)[]): string => {
    const { goodInRow, failedInRow } = lookOf(note(results).entry);
    return `${goodInRow} ${failedInRow}`;
  };
  const many = Array.from({ length: 25 }, () => ok);
  assert.equal(run([]), "0 0");
  assert.equal(run(many), "25 0");
  assert.equal(run([...many, failed, failed]), "0 2", "still healthy by opinion");
  assert.equal(run([failed, failed, failed, failed, failed, ok, undefined, ok]), "2 0", "still down by opinion");
});

test("a discarded look is no look", () => {
  const { entry, vote } = note([undefined, undefined, undefined, undefined]);
  assert.equal(entry.hasLooked, false);
  assert.equal(vote.opinion, "unknown");
});

test("a metric that vanishes makes a healthy target unknown, and down once it was away for as long as it may", () => {
  const probe = { kind: "metric", path: "/metrics", metric: "ready", labels: {}, min: 1, absentMs: 500 } as const;
  const gone: LookResult = { kind: "unclear", because: "no ready in /metrics" };
  const seen = (results: readonly LookResult[]) => note(results, { ...plan, probe });
  const well = [ok, ok, ok, ok, ok];
  assert.equal(seen([...well, gone]).vote.opinion, "unknown");
  assert.equal(seen([...well, gone]).said.at(-1)?.isChange, true);
  assert.equal(seen([...well, gone, ok]).vote.opinion, "healthy");
  const late = seen([...well, ...Array.from({ length: 8 }, () => gone)]);
  assert.equal(late.vote.opinion, "unknown");
  const down = seen([...well, ...Array.from({ length: 9 }, () => gone)]);
  assert.equal(down.vote.opinion, "down");
  assert.match(down.vote.detail ?? "", /^no ready in \/metrics for 1 s$/);
  assert.equal(seen([failed, failed, failed, failed, gone]).vote.opinion, "down", "it says nothing either way");
});

test("a look that ends long after its deadline is discarded: the agent stood still, and not the target", async () => {
  let now = 0;
  const clock: Clock = { monotonicMs: () => monoMs(now), wallMs: () => epochMs(now) };
  const asked = Promise.withResolvers<undefined>();
  const answer = Promise.withResolvers<LookResult>();
  const looked = Promise.withResolvers<undefined>();
  const probes = { ...settings, intervalMs: 1, deadlineMs: 1000, anchors: [], allow: [] };
  const watcher = makeWatcher(
    {
      clock,
      look: () => {
        asked.resolve(undefined);
        return answer.promise;
      },
      onChange: () => undefined,
      onFirstFailure: () => assert.fail("no failure was seen"),
      onTurn: () => undefined,
      onLook: () => looked.resolve(undefined),
    },
    { probes },
  );
  watcher.configure([plan], probes);
  await asked.promise;
  now = 1201;
  answer.resolve(failed);
  await looked.promise;
  watcher.stop();
  assert.equal(watcher.firstLooksIn(), false);
});
