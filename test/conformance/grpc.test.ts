import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../scenarios/world/until.ts";
import type { Order } from "./backends/grpc-service.ts";
import { grpcFrame, type H2Answer, openHttp2 } from "./clients/http2.ts";
import { many } from "./clients/load.ts";
import { inForm } from "./form.ts";
import { onEachPlane } from "./scenario.ts";
import type { Scene } from "./scene.ts";
import { assertShares, countBy } from "./tolerance.ts";

const details = Buffer.from([8, 13, 18, 0, 255, 254, 128, 1]).toString("base64");
const trailers = { "x-cost": "0.0007", "x-trace": "a=b; c" };

onEachPlane({ endpoints: 4 }, (scenario) => {
  // First of all: the errors that others ask for may eject an endpoint.
  scenario("15. calls of one client connection are spread over all endpoints", ["grpc"], async (scene) => {
    using client = scene.grpc();
    const calls = await many(1_000, 8, () => client.unary({ text: "x" }));
    assert.deepEqual([...countBy(calls, ({ status }) => `${status.code} ${status.details}`)], [["0 OK", 1_000]]);
    const names = scene.pools.of({ site: "site-a" }).map(({ name }) => name);
    assertShares(
      countBy(calls, ({ servedBy }) => servedBy),
      Object.fromEntries(names.map((name) => [name, 1])),
    );
  });

  scenario("15. a backend's GOAWAY fails no call", ["grpc", "goaway"], async (scene) => {
    using client = scene.grpc();
    const [first, second] = scene.pools.of({ site: "site-a" });
    const calls = await many(400, 8, async (index) => {
      if (index === 100) first?.goaway();
      if (index === 250) second?.goaway();
      return client.unary({ text: "x", afterMs: index % 7 });
    });
    assert.deepEqual([...countBy(calls, ({ status }) => `${status.code} ${status.details}`)], [["0 OK", 400]]);
  });

  scenario("12. trailers arrive byte for byte, whatever the status", ["grpc"], async (scene) => {
    const endings = [
      { code: 0, trailers },
      { code: 13, message: "zu spät: 100 % ✗\n", details, trailers },
      { code: 5, message: "", details },
      { code: 16, message: "ünïcödé \t%41 ~" },
    ];
    for (const ending of endings) {
      const [through, direct] = await bothWays(scene, "Server", { count: 2, ending });
      assert.deepEqual(bare(through.trailers), bare(direct.trailers));
      assert.equal(through.trailers?.["grpc-status"], String(ending.code));
      assert.deepEqual([through.isHeadersOnly, through.code], [false, 0]);
    }
  });

  scenario("13. an error without a message stays one block of headers, with its own code", ["grpc"], async (scene) => {
    for (const code of [5, 14, 8, 13]) {
      const ending = { code, message: "niemand da ✗", details, trailers };
      const [through, direct] = await bothWays(scene, "Unary", { ending });
      assert.deepEqual(
        [through.isHeadersOnly, through.trailers, through.headers[":status"], through.headers["grpc-status"]],
        [true, undefined, 200, String(code)],
      );
      assert.deepEqual(bare(through.headers), bare(direct.headers));
      using client = scene.grpc();
      const { status } = await client.unary({ ending });
      assert.deepEqual([status.code, status.details], [code, ending.message]);
    }
  });

  scenario("13. and is counted once, as a failure or as none by its code", ["grpc", "counts"], async (scene) => {
    using client = scene.grpc();
    const counts = () => scene.plane.counts("site-a", "stable@site-a");
    const before = await counts();
    // 8 is saturation; 5, 3 and 16 are the caller's affair; the others are the pool's.
    for (const code of [14, 13, 2, 8, 5, 3, 16, 0]) await client.unary({ ending: { code } });
    const after = await until("eight calls are counted", async () => {
      const now = await counts();
      return sum(now) >= sum(before) + 8 ? now : undefined;
    });
    const grown = { failure: after.failure - before.failure, saturated: after.saturated - before.saturated };
    assert.deepEqual({ ...grown, all: sum(after) - sum(before) }, { failure: 3, saturated: 1, all: 8 });
  });

  scenario("14. streams of many messages in each direction and in both", ["grpc"], async (scene) => {
    const count = inForm({ short: 1_000, full: 10_000 });
    using client = scene.grpc();
    const numbers = Array.from({ length: count }, (_, n) => n);
    const orders = numbers.map((n): Order => ({ text: `message ${n}` }));
    const patience = { deadlineMs: inForm({ short: 20_000, full: 120_000 }) };
    const server = await client.server({ count, bytes: 100 }, patience);
    assert.deepEqual([server.status.code, server.replies.map(({ n }) => n)], [0, numbers]);
    const upload = await client.client(orders, patience);
    assert.deepEqual([upload.status.code, upload.replies[0]?.n], [0, count]);
    const bidi = await client.bidi(orders, patience);
    assert.deepEqual([bidi.status.code, bidi.replies.map(({ n }) => n)], [0, numbers]);
  });

  scenario("14. the deadline travels to the backend", ["grpc"], async (scene) => {
    using client = scene.grpc();
    const call = await client.unary({ text: "x" }, { deadlineMs: 7_000 });
    const deadlineMs = call.replies[0]?.deadlineMs ?? 0;
    assert.ok(deadlineMs > 5_000 && deadlineMs <= 7_000, `${deadlineMs} ms of 7,000 were left`);
    const late = await client.unary({ afterMs: 5_000 }, { deadlineMs: 300, metadata: { "x-call": "late" } });
    assert.equal(late.status.code, 4);
    await until("the backend gave up too", () => leftAt(scene, "late"), 2_000);
  });

  scenario("14. a caller that cancels is known at the backend within a second", ["grpc"], async (scene) => {
    using client = scene.grpc();
    for (const kind of ["server", "bidi"] as const) {
      const metadata = { "x-call": `cancel-${kind}` };
      const call =
        kind === "server"
          ? client.openServer({ count: 1_000, everyMs: 50 }, { metadata })
          : client.openBidi({ metadata });
      call.on("error", () => undefined);
      call.on("data", () => undefined);
      await until("the call runs", () => scene.pools.timesHeard(`cancel-${kind}`) === 1 || undefined);
      const cancelledAt = performance.now();
      call.cancel();
      const noticed = await until("the backend knows", () => leftAt(scene, `cancel-${kind}`), 5_000);
      assert.ok(noticed - cancelledAt < 1_000, `${noticed - cancelledAt} ms`);
    }
  });

  scenario(
    "14. a slow reader holds the backend back, and costs the plane little",
    ["grpc", "memory"],
    async (scene, t) => {
      // By node:http2: grpc-js's own client goes on reading while its caller is paused.
      await using h2 = await openHttp2(scene.url());
      const before = await scene.plane.residentBytes("site-a");
      const names = Array.from({ length: 8 }, (_, index) => `slow-${index}`);
      for (const name of names) {
        const stream = h2.session.request({ ...headersOf(scene, "Server"), "x-call": name }, { endStream: false });
        // Each could fill 160 MB; nobody reads.
        stream.on("error", () => undefined).pause();
        stream.end(grpcFrame({ count: 10_000, bytes: 16_000 }));
      }
      const written = (): number =>
        scene.pools.all.reduce((all, one) => all + names.reduce((own, name) => own + one.ledger.bytes(name), 0), 0);
      await until("the backends are held back", async () => {
        const now = written();
        await sleep(300);
        return (now > 0 && written() === now) || undefined;
      });
      const grown = ((await scene.plane.residentBytes("site-a")) - before) / names.length;
      const taken = written() / names.length;
      t.diagnostic(`${mebi(taken)} MiB a stream were taken; the plane grew by ${mebi(grown)} MiB a stream`);
      assert.ok(grown < 8 * 2 ** 20, `the plane grew by ${mebi(grown)} MiB a stream`);
      assert.ok(taken < 16 * 2 ** 20, `${mebi(taken)} MiB a stream were taken`);
    },
  );
});

/** One call through the plane, and one at a backend itself, with nothing interpreted. */
async function bothWays(scene: Scene, method: string, order: Order): Promise<readonly [H2Answer, H2Answer]> {
  const [backend] = scene.pools.of({ site: "site-a" });
  const ask = async (url: string): Promise<H2Answer> => {
    await using h2 = await openHttp2(url);
    return await h2.ask(headersOf(scene, method), grpcFrame(order));
  };
  return [await ask(scene.url()), await ask(`http://${backend?.endpoint}`)];
}

const headersOf = ({ host }: Scene, method: string) => ({
  ":method": "POST",
  ":authority": host,
  ":path": `/conformance.v1.Echo/${method}`,
  "content-type": "application/grpc",
  te: "trailers",
});

/** Without what each hop writes for itself. */
function bare(headers: IncomingHttpHeaders | undefined): Readonly<Record<string, unknown>> {
  const own = new Set(["date", "x-served-by", "x-request-id", "traceparent", "via", "server"]);
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => !own.has(name)));
}

const leftAt = (scene: Scene, call: string): number | undefined =>
  scene.pools.all.map((one) => one.ledger.leftAt(call)).find((at) => at !== undefined);

const sum = (counts: object): number =>
  Object.values(counts as Record<string, number>).reduce((all, one) => all + one, 0);
const mebi = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
