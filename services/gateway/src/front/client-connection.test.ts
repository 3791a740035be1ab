import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ClientConnection } from "./client-connection.ts";
import { limits } from "./limits.ts";
import { openSlowReader } from "./test-slow-reader.ts";

const slowReader = (t: TestContext, more = "") =>
  openSlowReader(
    t,
    (socket, { sweep, onRequest }) => {
      const events = { onRequest, onUpgrade: () => undefined, isDraining: () => false, hopOf: () => undefined };
      return new ClientConnection(socket, { limits, events, sweep });
    },
    `GET / HTTP/1.1\r\nhost: a\r\n${more}\r\n`,
  );

for (const [what, more] of [
  ["is kept", ""],
  ["is closed behind it", "connection: close\r\n"],
] as const) {
  test(`an answer that a client takes slowly is not cut, when its connection ${what}`, async (t) => {
    const { socket, sweepAfter, readAll } = await slowReader(t, more);
    sweepAfter(limits.keptMs + 1);
    assert.equal(socket.destroyed, false);
    await readAll();
  });
}

test("one who takes nothing of it for as long as an exchange may be still is let go", async (t) => {
  const { socket, sweepAfter } = await slowReader(t);
  sweepAfter(limits.idleMs + 1);
  assert.equal(socket.destroyed, true);
});
