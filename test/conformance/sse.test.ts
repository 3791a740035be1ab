import assert from "node:assert/strict";
import { until } from "../scenarios/world/until.ts";
import { readStream, type Stream } from "./clients/sse.ts";
import { inForm } from "./form.ts";
import { onEachPlane } from "./scenario.ts";
import type { Scene } from "./scene.ts";
import { quantile } from "./tolerance.ts";

const everyMs = 200;
const streams = inForm({ short: 20, full: 50 });
const events = inForm({ short: 12, full: 150 });

onEachPlane({}, (scenario) => {
  scenario("16. events come as they are sent", [], async (scene, t) => {
    const path = `/sse?events=${events}&everyMs=${everyMs}`;
    // Both at once, so that a busy machine holds up the one as much as the other.
    const [through, direct] = await Promise.all(
      bothWays(scene).map((base) => Promise.all(Array.from({ length: streams }, () => read(scene, base + path)))),
    );
    assert.ok(through && direct);
    for (const { end, events: got } of through) assert.deepEqual([end, got.length], ["done", events]);
    const [gap, gapDirect] = [quantile(through.flatMap(gapsOf), 0.99), quantile(direct.flatMap(gapsOf), 0.99)];
    t.diagnostic(`gaps at p99: ${gap.toFixed(0)} ms, directly ${gapDirect.toFixed(0)} ms`);
    assert.ok(gap < Math.max(250, gapDirect + 50), `gaps of ${gap} ms at p99, directly ${gapDirect} ms`);
  });

  scenario("16. the first byte comes as soon as from the backend itself", [], async (scene, t) => {
    const later: number[] = [];
    for (let turn = 0; turn < inForm({ short: 15, full: 100 }); turn += 1) {
      const [through = "", direct = ""] = bothWays(scene);
      const { headersMs } = await read(scene, `${through}/sse?events=2&everyMs=30`);
      later.push(headersMs - (await read(scene, `${direct}/sse?events=2&everyMs=30`)).headersMs);
    }
    t.diagnostic(`${quantile(later, 0.5).toFixed(1)} ms later than directly, in the median`);
    assert.ok(quantile(later, 0.5) <= 20, `${later.map((ms) => ms.toFixed(0)).join(", ")} ms later than directly`);
  });

  scenario("16. nothing is added to a stream or taken from it: length, compression, comments", [], async (scene) => {
    const path = "/sse?events=6&everyMs=20&commentEvery=2&padding=5000";
    const headers = { host: scene.host, "accept-encoding": "gzip, br" };
    const stream = await readStream(`${scene.url()}${path}`, { headers });
    assert.deepEqual([stream.end, stream.comments, stream.status], ["done", 3, 200]);
    assert.equal(stream.headers["content-length"], undefined);
    assert.equal(stream.headers["content-encoding"], undefined);
    assert.equal(stream.headers["content-type"], "text/event-stream; charset=utf-8");
    assert.equal(stream.headers["cache-control"], "no-cache");
  });

  scenario(`16. a stream of ${inForm({ short: "5 s", full: "10 min" })} lives to its end`, [], async (scene) => {
    const ticks = inForm({ short: 5, full: 600 });
    const path = `/sse?events=${ticks + 1}&everyMs=1000`;
    const stream = await readStream(`${scene.url()}${path}`, {
      headers: { host: scene.host },
      signal: AbortSignal.timeout((ticks + 20) * 1_000),
    });
    assert.deepEqual([stream.end, stream.events.length], ["done", ticks + 1]);
  });

  scenario("16. a client that leaves a stream is noticed at the backend", [], async (scene) => {
    const leave = new AbortController();
    const left = readStream(
      `${scene.url()}/sse?events=1000&everyMs=50`,
      { headers: { host: scene.host, "x-call": "left" }, signal: leave.signal },
      ({ data }) => data.n === 3 && leave.abort(),
    );
    assert.equal((await left).end, "left");
    await until(
      "the backend noticed",
      () => scene.pools.all.some((one) => one.ledger.leftAt("left") !== undefined) || undefined,
      2_000,
    );
  });

  scenario("16. a stream that is cut at the backend is cut, and not ended, at the client", [], async (scene) => {
    const cut = await readStream(`${scene.url()}/sse?events=10&cutAt=3&everyMs=10`, { headers: { host: scene.host } });
    assert.deepEqual([cut.end, cut.events.length], ["cut", 3]);
  });

  scenario("17. an error in a stream is delivered unchanged", [], async (scene) => {
    const path = "/sse?events=9&errorAt=3&everyMs=5";
    const [through, direct] = await Promise.all(bothWays(scene).map((base) => read(scene, base + path)));
    assert.equal(withoutTimes(through), withoutTimes(direct));
    assert.deepEqual([through?.end, through?.events.length, through?.status], ["done", 4, 200]);
  });

  scenario("17. and is counted as a failure, as is one that is cut; one without is not", ["counts"], async (scene) => {
    const counts = () => scene.plane.counts("site-a", "stable@site-a");
    const before = await counts();
    for (const query of ["events=5", "events=5&errorAt=2", "events=5&cutAt=2&everyMs=5"])
      await read(scene, `${scene.url()}/sse?${query}`);
    const after = await until("three more are counted", async () => {
      const now = await counts();
      return now.failure + now.success >= before.failure + before.success + 3 ? now : undefined;
    });
    assert.deepEqual([after.success - before.success, after.failure - before.failure], [1, 2]);
  });
});

const gapsOf = ({ events: got }: Stream): readonly number[] =>
  got.slice(1).map(({ atMs }, index) => atMs - (got[index]?.atMs ?? 0));

/** Through the plane, and at the backend itself. */
const bothWays = (scene: Scene): readonly string[] => [
  scene.url(),
  `http://${scene.pools.of({ site: "site-a" })[0]?.endpoint}`,
];

const read = ({ host }: Scene, url: string): Promise<Stream> => readStream(url, { headers: { host } });
const withoutTimes = (stream: Stream | undefined): string => (stream?.text ?? "").replaceAll(/"sentMs":[\d.]+/g, "");
