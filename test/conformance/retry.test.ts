import assert from "node:assert/strict";
import type { Failing } from "./backends/mood.ts";
import { ask } from "./clients/http.ts";
import { many, siteOf } from "./clients/load.ts";
import { readStream } from "./clients/sse.ts";
import { onEachPlane, onItsOwn } from "./scenario.ts";
import type { Scene } from "./scene.ts";

const home = "site-a";
const dropped = (reason: string, status = 503): Failing => ({
  share: 1,
  status,
  headers: { "x-llm-d-request-dropped-reason": reason },
});

type Row = readonly [what: string, failing: Failing, times: number, status: number, headers?: Record<string, string>];

const rows: readonly Row[] = [
  ["500 after its body was read", { share: 1, status: 500 }, 1, 500],
  ["503 that says nothing", { share: 1, status: 503 }, 1, 503],
  ["503 that says evicted", dropped("evicted-queue-pressure"), 1, 503],
  ["500 and an Idempotency-Key", { share: 1, status: 500 }, 2, 200, { "idempotency-key": "k1" }],
  ["503 that says evicted, and an Idempotency-Key", dropped("evicted"), 1, 503, { "idempotency-key": "k2" }],
  ["503 that says rejected", dropped("rejected-saturated"), 2, 200],
  ["429 that says rejected", dropped("rejected-ttl-expired", 429), 2, 200],
  ["400", { share: 1, status: 400 }, 1, 400],
];

onEachPlane({}, (scenario) => {
  for (const [what, failing, times, status, headers] of rows) {
    scenario(`25. a POST that gets ${what} is sent ${times === 1 ? "once" : "twice"}`, ["retry"], async (scene) => {
      await earn(scene);
      await scene.pools.setMood({ site: home }, { failing });
      const call = `post-${what}`;
      const answer = await post(scene, call, headers);
      assert.deepEqual([answer.status, scene.pools.timesHeard(call)], [status, times]);
      // What can't be tried again comes as it is, the reason with it.
      if (times === 1) assert.equal(siteOf(answer), home);
      if (failing.headers && times === 1)
        assert.equal(
          answer.headers["x-llm-d-request-dropped-reason"],
          failing.headers["x-llm-d-request-dropped-reason"],
        );
    });
  }

  scenario("25. a POST whose connection breaks after it was sent is not sent again", ["retry"], async (scene) => {
    await earn(scene);
    await scene.pools.setMood({ site: home }, { cut: true });
    const answer = await post(scene, "cut");
    assert.deepEqual([answer.status >= 500, scene.pools.timesHeard("cut")], [true, 1]);
  });

  scenario("25. a GET whose connection breaks may be, and is answered", ["retry"], async (scene) => {
    await earn(scene);
    await scene.pools.setMood({ site: home }, { cut: true });
    const answer = await scene.ask("/echo", { headers: { "x-call": "get-cut" } });
    assert.deepEqual([answer.status, siteOf(answer)], [200, "site-b"]);
  });

  scenario("25. nothing is sent again once the client has a byte", ["retry"], async (scene) => {
    await earn(scene);
    const headers = { host: scene.host, "x-call": "stream", "idempotency-key": "k3" };
    const stream = await readStream(`${scene.url()}/sse?events=9&cutAt=2&everyMs=10`, {
      method: "POST",
      headers,
      body: "{}",
    });
    assert.deepEqual([stream.end, stream.events.length, scene.pools.timesHeard("stream")], ["cut", 2, 1]);
  });

  scenario("25. a body too long to be kept is not sent again, and is not kept", ["retry"], async (scene) => {
    await earn(scene);
    await scene.pools.setMood({ site: home }, { failing: dropped("rejected-saturated") });
    const answer = await ask(`${scene.url()}/echo`, {
      body: Buffer.alloc(6 * 2 ** 20),
      headers: { host: scene.host, "x-call": "long" },
    });
    assert.deepEqual([answer.status, scene.pools.timesHeard("long")], [503, 1]);
  });

  scenario(
    "25. a refused connection is tried once elsewhere, and a backend saw the request once",
    ["retry"],
    async (scene) => {
      await scene.pools.setMood({ site: home }, { refuse: true });
      for (const call of ["refused-1", "refused-2", "refused-3"]) {
        const answer = await post(scene, call);
        assert.deepEqual([answer.status, siteOf(answer), scene.pools.timesHeard(call)], [200, "site-b", 1]);
      }
    },
  );
});

onItsOwn({ protocol: "h2c" }, ["25. a stream that a backend refuses is tried elsewhere", ["retry"]], async (scene) => {
  await scene.pools.setMood({ site: home }, { refuseStream: true });
  const answer = await post(scene, "refused-stream");
  assert.deepEqual([answer.status, siteOf(answer)], [200, "site-b"]);
});

onItsOwn({ endpoints: 2 }, ["25. when all of it is down, retries add a fifth at most", ["retry"]], async (scene, t) => {
  const asked = 400;
  await scene.pools.setMood({}, { failing: dropped("rejected-saturated") });
  await using crowd = scene.crowd();
  await many(asked, 8, () => crowd.post());
  const heard = scene.pools.all.reduce((all, one) => all + one.ledger.total(), 0);
  t.diagnostic(`${asked} requests were sent ${heard} times`);
  assert.ok(heard >= asked && heard <= asked * 1.2, `${asked} requests were sent ${heard} times`);
});

/** Good requests, a fifth of which may then be sent twice: without them the budget of one scenario would be spent by another. */
async function earn(scene: Scene): Promise<void> {
  await using crowd = scene.crowd();
  await many(25, 5, () => crowd.ask());
}

const post = (scene: Scene, call: string, headers: Readonly<Record<string, string>> = {}) =>
  scene.ask("/echo", { method: "POST", body: "{}", headers: { "x-call": call, ...headers } });
