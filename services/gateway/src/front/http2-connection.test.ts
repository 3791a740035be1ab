import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { getFrame, preface } from "../../../../test/conformance/clients/frames.ts";
import type { Inbound } from "../relay/inbound.ts";
import { settingsFrame, windowUpdate } from "../wire/http2/test-session.ts";
import { Sweep } from "../wire/sweep.ts";
import { Http2Connection } from "./http2-connection.ts";
import { limits } from "./limits.ts";

/** More than the kernel holds between two sockets of one machine. */
const answer = Buffer.alloc(32 * 1_048_576, "x");
/** It takes as much as there is. */
const greedy = Buffer.concat([preface, settingsFrame([4, 2 ** 31 - 1]), windowUpdate(0, 2 ** 30)]);

/** A client that has asked for it all, has had it written to its connection to the end, and has read nothing. */
async function slowReader(t: TestContext) {
  const answered = Promise.withResolvers<{ connection: Http2Connection; socket: Socket }>();
  const sweep = new Sweep(1_000);
  const server = createServer((socket) => {
    t.after(() => socket.destroy());
    socket.on("error", () => undefined);
    const onRequest = (inbound: Inbound): void => {
      inbound.respond(200, ["content-length", String(answer.length)], "body");
      inbound.write(answer, false);
      inbound.end();
      answered.resolve({ connection, socket });
    };
    const connection = new Http2Connection(socket, { limits, events: { onRequest, hopOf: () => undefined }, sweep });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1").pause();
  t.after(() => client.destroy());
  client.on("error", () => undefined);
  client.write(Buffer.concat([greedy, getFrame(1, "a.test")]));
  const { connection, socket } = await answered.promise;
  // What was said in this turn is written at its end.
  await new Promise((done) => setImmediate(done));
  assert.ok(socket.writableLength > 0);
  return {
    client,
    socket,
    connection,
    sweepAfter: (ms: number) => connection.sweep(sweep.nowMs + sweep.periodMs + ms),
  };
}

for (const [what, end] of [
  ["is kept", () => undefined],
  ["is closed behind it", (connection: Http2Connection) => connection.session.close()],
] as const)
  test(`an answer that a client takes slowly is not cut, when its connection ${what}`, async (t) => {
    const { client, socket, connection, sweepAfter } = await slowReader(t);
    end(connection);
    sweepAfter(limits.keptMs + 1);
    assert.equal(socket.destroyed, false);
    let bytes = 0;
    const whole = Promise.withResolvers<void>();
    client.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes >= answer.length) whole.resolve();
    });
    client.once("close", () => whole.reject(new Error(`closed after ${bytes} bytes`)));
    client.resume();
    await whole.promise;
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
