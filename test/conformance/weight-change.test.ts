import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Called } from "./clients/grpc.ts";
import { assertAnswered, pace } from "./clients/load.ts";
import { readStream, type Stream } from "./clients/sse.ts";
import { inForm } from "./form.ts";
import { onItsOwn } from "./scenario.ts";
import { countBy } from "./tolerance.ts";

const forMs = inForm({ short: 6_000, full: 60_000 });
const changes = inForm({ short: 40, full: 100 });
const perSecond = inForm({ short: 120, full: 200 });
const streams = 12;

onItsOwn(
  { weights: { stable: 90, canary: 10 }, endpoints: 2 },
  ["9. weights that change all the time cost no request, and streams end where they began", ["weights", "grpc"]],
  async (scene, t) => {
    await using crowd = scene.crowd(undefined, 32);
    using client = scene.grpc();
    const ticks = forMs / 200;
    const path = `/sse?events=${ticks}&everyMs=200`;
    const headers = { host: scene.host };
    const patience = { deadlineMs: forMs + 20_000, signal: AbortSignal.timeout(forMs + 20_000) };
    const sse = Array.from({ length: streams }, () =>
      readStream(`${scene.url()}${path}`, { headers, signal: patience.signal }),
    );
    const calls = Array.from({ length: streams }, () => client.server({ count: ticks, everyMs: 200 }, patience));
    const unary = pace({ perSecond, forMs }, (index) => crowd.ask(index % 2 === 0 ? {} : { "x-user-id": `u${index}` }));
    const unaryGrpc = pace({ perSecond: 20, forMs }, () => client.unary({ text: "x" }));
    const slowestMs = await keepChanging(async (canary) => {
      await scene.weigh({ stable: 100 - canary, canary });
    });
    t.diagnostic(`the slowest of ${changes} changes was served after ${slowestMs.toFixed(0)} ms`);
    assertAnswered(await unary);
    assert.deepEqual(
      [...countBy(await unaryGrpc, ({ status }) => `${status.code} ${status.details}`).keys()],
      ["0 OK"],
    );
    for (const stream of await Promise.all(sse)) assertWhole(stream, ticks);
    for (const call of await Promise.all(calls)) assertWholeCall(call, ticks);
    assert.ok(slowestMs < 1_000, `a change was served after ${slowestMs} ms only`);
  },
);

/** So many changes, spread over the time; the longest that one took until every gateway served by it. */
async function keepChanging(change: (canary: number) => Promise<void>): Promise<number> {
  const shares = [10, 50, 0, 100, 33, 1];
  const begun = performance.now();
  let slowestMs = 0;
  for (let index = 0; index < changes; index += 1) {
    const at = performance.now();
    await change(shares[index % shares.length] ?? 0);
    slowestMs = Math.max(slowestMs, performance.now() - at);
    await sleep(Math.max(0, begun + ((index + 1) * forMs) / changes - performance.now()));
  }
  return slowestMs;
}

function assertWhole({ end, events }: Stream, ticks: number): void {
  assert.deepEqual([end, events.length], ["done", ticks]);
  assert.equal(new Set(events.map(({ data }) => data.servedBy)).size, 1);
}

function assertWholeCall({ status, replies }: Called, ticks: number): void {
  assert.deepEqual([status.code, replies.length], [0, ticks]);
  assert.equal(new Set(replies.map(({ servedBy }) => servedBy)).size, 1);
}
