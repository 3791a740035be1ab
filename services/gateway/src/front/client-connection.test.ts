import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import type { Inbound } from "../relay/inbound.ts";
import { Sweep } from "../wire/sweep.ts";
import { ClientConnection } from "./client-connection.ts";
import { limits } from "./limits.ts";

/** More than the kernel holds between two sockets of one machine. */
const answer = Buffer.alloc(32 * 1_048_576, "x");

/** A client that has asked for it all, has had it written to its connection to the end, and has read nothing. */
async function slowReader(t: TestContext, more = "") {
  const answered = Promise.withResolvers<{ connection: ClientConnection; socket: Socket }>();
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
    const events = { onRequest, onUpgrade: () => undefined, isDraining: () => false, hopOf: () => undefined };
    const connection = new ClientConnection(socket, { limits, events, sweep });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1").pause();
  t.after(() => client.destroy());
  client.on("error", () => undefined);
  client.write(`GET / HTTP/1.1\r\nhost: a\r\n${more}\r\n`);
  const { connection, socket } = await answered.promise;
  assert.ok(socket.writableLength > 0);
  return { client, socket, sweepAfter: (ms: number) => connection.sweep(sweep.nowMs + sweep.periodMs + ms) };
}

for (const [what, more] of [
  ["is kept", ""],
  ["is closed behind it", "connection: close\r\n"],
] as const) {
  test(`an answer that a client takes slowly is not cut, when its connection ${what}`, async (t) => {
    const { client, socket, sweepAfter } = await slowReader(t, more);
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
}

test("one who takes nothing of it for as long as an exchange may be still is let go", async (t) => {
  const { socket, sweepAfter } = await slowReader(t);
  sweepAfter(limits.idleMs + 1);
  assert.equal(socket.destroyed, true);
});
