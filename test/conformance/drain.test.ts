import assert from "node:assert/strict";
import { Agent } from "node:http";
import { until } from "../scenarios/world/until.ts";
import { openHttp2 } from "./clients/http2.ts";
import { assertAnswered, channelOf, many, pace, siteOf } from "./clients/load.ts";
import { readStream } from "./clients/sse.ts";
import { inForm } from "./form.ts";
import { onItsOwn } from "./scenario.ts";
import { countBy } from "./tolerance.ts";

const streamMs = inForm({ short: 4_000, full: 60_000 });
const graceMs = inForm({ short: 2_500, full: 75_000 });
const weights = { stable: 100, green: 0 };

onItsOwn(
  { weights },
  [
    "30. blue/green at once: streams end where they began, nothing new goes to blue, and back again",
    ["weights", "grpc"],
  ],
  async (scene) => {
    await using crowd = scene.crowd();
    using client = scene.grpc();
    const ticks = streamMs / 200;
    const headers = { host: scene.host };
    const patience = AbortSignal.timeout(streamMs + 20_000);
    const stream = readStream(`${scene.url()}/sse?events=${ticks}&everyMs=200`, { headers, signal: patience });
    const call = client.server({ count: ticks, everyMs: 200 }, { deadlineMs: streamMs + 20_000 });
    await until(
      "both run",
      () => scene.pools.of({ channel: "stable" }).some(({ ledger }) => ledger.open() === 2) || undefined,
    );
    await scene.weigh({ stable: 0, green: 100 });
    const seen = await pace({ perSecond: 100, forMs: streamMs / 2 }, () => crowd.ask());
    assertAnswered(seen);
    assert.deepEqual([...countBy(seen, channelOf).keys()], ["green"]);
    await scene.weigh({ stable: 100, green: 0 });
    assert.deepEqual([...countBy(await many(50, 8, () => crowd.ask()), channelOf).keys()], ["stable"]);
    const { end, events } = await stream;
    assert.deepEqual([end, events.length], ["done", ticks]);
    assert.deepEqual([(await call).status.code, (await call).replies.length], [0, ticks]);
  },
);

onItsOwn(
  {},
  ["30. a gateway that is emptied bids its clients go, serves those who come, and tells what is left", ["drain"]],
  async (scene) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await using h2 = await openHttp2(scene.url());
    const get = { ":path": "/echo", ":authority": scene.host };
    assert.equal((await h2.ask(get)).headers[":status"], 200);
    assert.notEqual((await scene.ask("/echo", { agent })).headers.connection, "close");
    const stream = readStream(`${scene.url()}/sse?events=20&everyMs=200`, { headers: { host: scene.host } });
    await until("the stream runs", async () => (await scene.plane.residual("site-a")) === 1 || undefined);
    await scene.plane.bidGo("site-a");
    const told = await scene.ask("/echo", { agent });
    assert.deepEqual([told.status, told.headers.connection], [200, "close"]);
    await until("HTTP/2 clients are told to go", () => h2.goaway() !== undefined || h2.session.closed || undefined);
    assert.equal((await scene.ask("/echo")).status, 200);
    assert.equal(await scene.plane.residual("site-a"), 1);
    await scene.plane.takeBack("site-a");
    assert.notEqual((await scene.ask("/echo", { agent })).headers.connection, "close");
    assert.equal((await stream).end, "done");
    agent.destroy();
  },
);

onItsOwn(
  { drainGraceMs: graceMs },
  ["30. a gateway that is told to end lets streams end within the grace, and cuts them after it", ["drain"]],
  async (scene) => {
    const read = (ms: number) =>
      readStream(`${scene.url()}/sse?events=${ms / 100}&everyMs=100`, {
        headers: { host: scene.host },
        signal: AbortSignal.timeout(graceMs + 30_000),
      });
    const short = read(graceMs * 0.6);
    const long = read(graceMs * 4);
    await until("both run", async () => (await scene.plane.residual("site-a")) === 2 || undefined);
    const begun = performance.now();
    const stopped = scene.plane.stop("site-a");
    assert.equal((await short).end, "done");
    assert.equal((await long).end, "cut");
    await stopped;
    const tookMs = performance.now() - begun;
    assert.ok(
      tookMs > graceMs * 0.9 && tookMs < graceMs + 5_000,
      `it ended after ${tookMs} ms of a grace of ${graceMs}`,
    );
  },
);

onItsOwn(
  {},
  [
    "30. a drained site's gateway passes new requests on, and its streams end where they began",
    ["drain", "site-failover"],
  ],
  async (scene) => {
    await using crowd = scene.crowd();
    const stream = readStream(`${scene.url()}/sse?events=10&everyMs=150`, { headers: { host: scene.host } });
    await until(
      "the stream runs",
      () => scene.pools.of({ site: "site-a" }).some(({ ledger }) => ledger.open() === 1) || undefined,
    );
    await (await scene.plane.drain("site-a")).applied();
    const seen = await many(100, 8, () => crowd.ask());
    assertAnswered(seen);
    assert.deepEqual([...countBy(seen, siteOf).keys()], ["site-b"]);
    const { end, events } = await stream;
    assert.deepEqual([end, new Set(events.map(({ data }) => data.servedBy)).size], ["done", 1]);
  },
);
