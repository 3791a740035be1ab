import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { getFrame, preface } from "../../../../test/conformance/clients/frames.ts";
import { settingsFrame, windowUpdate } from "../wire/http2/test-session.ts";
import { Http2Connection } from "./http2-connection.ts";
import { limits } from "./limits.ts";
import { openSlowReader } from "./test-slow-reader.ts";

/** It takes as much as there is. */
const greedy = Buffer.concat([preface, settingsFrame([4, 2 ** 31 - 1]), windowUpdate(0, 2 ** 30)]);

const slowReader = (t: TestContext) =>
  openSlowReader(
    t,
    (socket, { sweep, onRequest }) =>
      new Http2Connection(socket, { limits, events: { onRequest, hopOf: () => undefined }, sweep }),
    Buffer.concat([greedy, getFrame(1, "a.test")]),
  );

for (const [what, end] of [
  ["is kept", () => undefined],
  ["is closed behind it", (connection: Http2Connection) => connection.session.close()],
] as const)
  test(`an answer that a client takes slowly is not cut, when its connection ${what}`, async (t) => {
    const { socket, connection, sweepAfter, readAll } = await slowReader(t);
    end(connection);
    sweepAfter(limits.keptMs + 1);
    assert.equal(socket.destroyed, false);
    await readAll();
  });

test("one who takes nothing of it for as long as an exchange may be still is let go", async (t) => {
  const { socket, sweepAfter } = await slowReader(t);
  sweepAfter(limits.idleMs + 1);
  assert.equal(socket.destroyed, true);
});

test("who reads no answers isn't listened to either", async (t) => {
  const { client, socket } = await slowReader(t);
  assert.ok(socket.isPaused());
  client.resume();
  await once(socket, "drain");
  assert.equal(socket.isPaused(), false);
});
