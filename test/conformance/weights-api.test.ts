import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../scenarios/world/until.ts";
import { assertAnswered, channelOf, many, pace } from "./clients/load.ts";
import { type ApiAnswer, openInstallation } from "./planes/installation.ts";
import { assertShares, countBy } from "./tolerance.ts";

// Weights by the arbiter's own API, with a real arbiter, its agents and both gateways: no stand-in here.

const path = "/v1/services/chat/weights";
type Gateway = { readonly gateway: string; readonly fence: string | null; readonly isCurrent: boolean };
const gatewaysOf = ({ body }: ApiAnswer) => body["gateways"] as readonly Gateway[];

test("10. 90/10 to 50/50 under load: a revision, applied by each gateway within a second, and nobody who is late overrides it", async (t) => {
  await using installation = await openInstallation({ stable: 90, canary: 10 });
  await using crowd = installation.crowd();
  const stop = new AbortController();
  const traffic = pace({ perSecond: 100, forMs: 60_000, signal: stop.signal }, () => crowd.ask());
  const before = await installation.api("GET", path);
  assert.deepEqual([before.status, before.body["weights"]], [200, { stable: 90, canary: 10 }]);
  const body = { weights: { stable: 50, canary: 50 }, reason: "a conformance test" };
  const changed = await installation.api("PATCH", path, { body, headers: { "if-match": before.etag } });
  assert.equal(changed.status, 200, JSON.stringify(changed.body));
  assert.notEqual(changed.etag, before.etag);
  const answeredAt = performance.now();
  const now = await until("both gateways have applied it", async () => {
    const seen = await installation.api("GET", path);
    return gatewaysOf(seen).every(({ isCurrent }) => isCurrent) ? seen : undefined;
  });
  const appliedMs = performance.now() - answeredAt;
  t.diagnostic(`applied ${appliedMs.toFixed(0)} ms after the answer`);
  assert.ok(appliedMs < 1_000, `${appliedMs} ms`);
  assert.deepEqual(
    gatewaysOf(now).map(({ fence }) => fence),
    [now.body["fence"], now.body["fence"]],
  );
  const seen = await many(200, 1, () => crowd.ask());
  assertAnswered(seen);
  assertShares(countBy(seen, channelOf), { stable: 50, canary: 50 });
  const late = await installation.api("PATCH", path, {
    body: { ...body, weights: { stable: 0, canary: 100 } },
    headers: { "if-match": before.etag },
  });
  assert.ok([409, 412].includes(late.status), String(late.status));
  assert.deepEqual((await installation.api("GET", path)).body["weights"], { stable: 50, canary: 50 });
  stop.abort();
  assertAnswered(await traffic);
});

test("11. weights that can't be are refused with 422, and the traffic stays", async () => {
  await using installation = await openInstallation({ stable: 90, canary: 10 });
  await using crowd = installation.crowd();
  const ask = () => many(200, 8, (index) => crowd.ask({ "x-user-id": `user-${index}` }));
  const before = (await ask()).map(channelOf);
  const { etag } = await installation.api("GET", path);
  const rows: readonly (readonly [what: string, body: unknown])[] = [
    ["sum 0", { weights: { stable: 0, canary: 0 }, reason: "a test" }],
    ["negative", { weights: { stable: 110, canary: -10 }, reason: "a test" }],
    ["no number", `{"weights":{"stable":NaN,"canary":1},"reason":"a test"}`],
    ["null", { weights: { stable: null, canary: 1 }, reason: "a test" }],
    ["text", { weights: { stable: "90", canary: 10 }, reason: "a test" }],
    ["unknown channel", { weights: { stable: 90, canary: 5, nobody: 5 }, reason: "a test" }],
    ["one left out", { weights: { stable: 100 }, reason: "a test" }],
    ["past all numbers", { weights: { stable: 1e308, canary: 1e308 }, reason: "a test" }],
  ];
  for (const [what, body] of rows) {
    const answer = await installation.api("PATCH", path, { body, headers: { "if-match": etag } });
    // NaN is no JSON, and is refused as that.
    assert.ok(
      answer.status === 422 || (what === "no number" && answer.status === 400),
      `${what}: ${answer.status} ${JSON.stringify(answer.body)}`,
    );
  }
  assert.equal((await installation.api("GET", path)).etag, etag);
  assert.deepEqual((await ask()).map(channelOf), before);
});

test("29. the arbiter itself is killed and comes back: weights, users and traffic stay", async () => {
  await using installation = await openInstallation({ stable: 70, canary: 30 });
  await using crowd = installation.crowd();
  const ask = async () => {
    const seen = await many(150, 8, (index) => crowd.ask({ "x-user-id": `user-${index}` }));
    assertAnswered(seen);
    return seen.map(channelOf);
  };
  const home = await ask();
  await installation.stopArbiter();
  assertAnswered(await pace({ perSecond: 100, forMs: 1_500 }, () => crowd.ask()));
  assert.deepEqual(await ask(), home);
  await installation.startArbiter();
  await until("it leads again", async () => {
    const answer = await installation.api("GET", path).catch(() => undefined);
    return answer?.body["isLeading"] === true && gatewaysOf(answer).every(({ isCurrent }) => isCurrent)
      ? true
      : undefined;
  });
  assert.deepEqual(await ask(), home);
});
