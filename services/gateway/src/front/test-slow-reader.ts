import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import type { Inbound } from "../relay/inbound.ts";
import { Sweep } from "../wire/sweep.ts";

/** More than the kernel holds between two sockets of one machine. */
const answer = Buffer.alloc(32 * 1_048_576, "x");

type Swept = { sweep(nowMs: number): void };
type Open<C> = (socket: Socket, parts: { sweep: Sweep; onRequest: (inbound: Inbound) => void }) => C;

/** A client that has asked for it all, has had it written to its connection to the end, and has read nothing. */
export async function openSlowReader<C extends Swept>(t: TestContext, open: Open<C>, question: string | Buffer) {
  const answered = Promise.withResolvers<{ connection: C; socket: Socket }>();
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
    const connection = open(socket, { sweep, onRequest });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1").pause();
  t.after(() => client.destroy());
  client.on("error", () => undefined);
  client.write(question);
  const { connection, socket } = await answered.promise;
  // What was said in this turn is written at its end.
  await new Promise((done) => setImmediate(done));
  assert.ok(socket.writableLength > 0);
  return {
    client,
    socket,
    connection,
    sweepAfter: (ms: number) => connection.sweep(sweep.nowMs + sweep.periodMs + ms),
    /** Rejects when the connection is closed before all of it has come. */
    readAll: async () => {
      let bytes = 0;
      const whole = Promise.withResolvers<void>();
      client.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes >= answer.length) whole.resolve();
      });
      client.once("close", () => whole.reject(new Error(`closed after ${bytes} bytes`)));
      client.resume();
      await whole.promise;
    },
  };
}
