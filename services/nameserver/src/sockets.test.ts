import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { answer, compileZone } from "@sluice/dns";
import { makeQuery, readMessage, twoBytes } from "../../../test/dns/messages.ts";
import { mutant, seeded, seedOfRun } from "../../../test/dns/mutants.ts";
import { sampleSnapshot } from "../../../test/dns/zone.ts";
import { openSockets, type SocketDeps } from "./sockets.ts";

const zone = compileZone(sampleSnapshot);
const address = "127.0.0.1";

async function serve(limits: SocketDeps["limits"] = {}) {
  const troubles: string[] = [];
  const respond: SocketDeps["respond"] = (query, transport) => answer(zone, query, { transport, draw: 0 });
  const sockets = await openSockets(
    { address, port: 0 },
    { respond, limits, onTrouble: (where, error) => troubles.push(`${where}: ${error.message}`) },
  );
  const close = (): Promise<void> => sockets.close();
  return { port: sockets.port, troubles, close, [Symbol.asyncDispose]: close };
}

const framed = (query: Buffer): Buffer => Buffer.from([...twoBytes(query.length), ...query]);
const askA = framed(makeQuery({ name: "fixed.t.example", id: 7 }));

/** A client that collects whole replies, and notes the end of its connection. */
async function client(port: number) {
  const socket = connect(port, address);
  let received = Buffer.alloc(0);
  const ids: number[] = [];
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      ids.push(readMessage(received.subarray(2, end)).id);
      received = received.subarray(end);
    }
  });
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  await once(socket, "connect");
  return { socket, ids, closed, [Symbol.dispose]: () => socket.destroy() };
}

async function until(what: string, isTrue: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!isTrue()) {
    if (performance.now() > end) assert.fail(`not within 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Writes and waits until the kernel has it, so that the next piece is a segment of its own. */
const send = (socket: Socket, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => socket.write(bytes, () => setImmediate(resolve)));

test("a query over TCP may be cut anywhere, in two pieces or into single bytes", async () => {
  await using nameserver = await serve();
  using asker = await client(nameserver.port);
  asker.socket.setNoDelay(true);
  for (let cut = 0; cut <= askA.length; cut += 1) {
    await send(asker.socket, askA.subarray(0, cut));
    await send(asker.socket, askA.subarray(cut));
    await until(`the answer at cut ${cut}`, () => asker.ids.length === cut + 1);
  }
  for (const byte of askA) await send(asker.socket, Buffer.of(byte));
  await until("the answer to single bytes", () => asker.ids.length === askA.length + 2);
});

test("twenty queries in one segment are twenty answers", async () => {
  await using nameserver = await serve();
  using asker = await client(nameserver.port);
  const ids = Array.from({ length: 20 }, (_, at) => at + 1);
  asker.socket.write(Buffer.concat(ids.map((id) => framed(makeQuery({ name: "big.t.example", type: 16, id })))));
  await until("all answers", () => asker.ids.length === 20);
  assert.deepEqual(asker.ids, ids);
});

test("a malformed query is FORMERR and the next one is answered; a scrap, a length of 0 and a reply end the connection", async () => {
  await using nameserver = await serve();
  using asker = await client(nameserver.port);
  asker.socket.write(Buffer.concat([framed(makeQuery({ name: "x".repeat(64), id: 1 })), askA]));
  await until("both answers", () => asker.ids.length === 2);
  assert.deepEqual(asker.ids, [1, 7]);
  for (const bad of [Buffer.of(0, 0), Buffer.of(0, 5, 1), framed(makeQuery({ name: "t.example", flags: 0x8000 }))]) {
    using other = await client(nameserver.port);
    other.socket.write(bad);
    await other.closed;
    assert.deepEqual(other.ids, []);
  }
});

test("half a message, then silence or a trickle: the connection ends in the idle time, and nothing else suffers", async () => {
  await using nameserver = await serve({ idleMs: 200 });
  using silent = await client(nameserver.port);
  using trickling = await client(nameserver.port);
  silent.socket.write(askA.subarray(0, 9));
  const trickle = setInterval(() => trickling.socket.write(Buffer.of(1)), 20);
  using asker = await client(nameserver.port);
  asker.socket.write(askA);
  await until("the answer", () => asker.ids.length === 1);
  await Promise.all([silent.closed, trickling.closed]);
  clearInterval(trickle);
  assert.deepEqual([silent.ids, trickling.ids], [[], []]);
});

test("past its bound, the connection that was idle longest makes room for the newest", async () => {
  await using nameserver = await serve({ connections: 3 });
  using first = await client(nameserver.port);
  first.socket.write(askA);
  await until("the first is served", () => first.ids.length === 1);
  using mute = await client(nameserver.port);
  await new Promise((resolve) => mute.socket.write(askA.subarray(0, 3), resolve));
  using third = await client(nameserver.port);
  third.socket.write(askA);
  await until("the third is served", () => third.ids.length === 1);
  first.socket.write(askA);
  await until("the first is served again", () => first.ids.length === 2);
  using newest = await client(nameserver.port);
  newest.socket.write(askA);
  await until("the newest is served", () => newest.ids.length === 1);
  await mute.closed;
  first.socket.write(askA);
  await until("the first is served still", () => first.ids.length === 3);
});

test("a client that asks and never reads is dropped before its answers fill the memory", async () => {
  await using nameserver = await serve();
  using greedy = await client(nameserver.port);
  greedy.socket.pause();
  const asking = Buffer.concat(
    Array.from({ length: 200 }, () => framed(makeQuery({ name: "big.t.example", type: 16 }))),
  );
  const isOver = { value: false };
  void greedy.closed.then(() => (isOver.value = true));
  greedy.socket.on("error", () => (isOver.value = true));
  for (let round = 0; round < 200 && !isOver.value; round += 1) await send(greedy.socket, asking);
  greedy.socket.resume();
  await greedy.closed;
  using asker = await client(nameserver.port);
  asker.socket.write(askA);
  await until("others are served", () => asker.ids.length === 1);
});

test("closing ends idle connections at once and frees the port for UDP and TCP", async () => {
  const nameserver = await serve({ idleMs: 60_000 });
  using idle = await client(nameserver.port);
  using halfway = await client(nameserver.port);
  idle.socket.write(askA);
  halfway.socket.write(askA.subarray(0, 5));
  await until("the idle one was served", () => idle.ids.length === 1);
  const began = performance.now();
  await nameserver.close();
  await Promise.all([idle.closed, halfway.closed]);
  assert.ok(performance.now() - began < 5_000, "it did not wait for the idle time");
  const { respond, onTrouble } = { respond: () => undefined, onTrouble: () => undefined };
  const again = await openSockets({ address, port: nameserver.port }, { respond, onTrouble });
  await again.close();
});

test("a taken port is told by its code and cure, and nothing stays open", async () => {
  await using nameserver = await serve();
  const deps: SocketDeps = { respond: () => undefined, onTrouble: () => undefined };
  await assert.rejects(openSockets({ address, port: nameserver.port }, deps), {
    code: "PORT_TAKEN",
    hint: /ss -lnptu/,
  });
  await assert.rejects(openSockets({ address: "192.0.2.1", port: 0 }, deps), { code: "ADDRESS_MISSING" });
});

test("a reply that can't be sent is told, and the next query is answered", async () => {
  // Longer than any UDP packet: the kernel refuses it, as it would an address without a route.
  const troubles: string[] = [];
  let isFirst = true;
  const respond: SocketDeps["respond"] = (query, transport) => {
    if (!isFirst) return answer(zone, query, { transport, draw: 0 });
    isFirst = false;
    return new Uint8Array(70_000);
  };
  const sockets = await openSockets({ address, port: 0 }, { respond, onTrouble: (where) => troubles.push(where) });
  await using udp = createSocket("udp4");
  udp.send(askA.subarray(2), sockets.port, address);
  await until("the trouble is told", () => troubles.length === 1);
  udp.send(askA.subarray(2), sockets.port, address);
  const [reply] = (await once(udp, "message")) as [Buffer];
  assert.deepEqual([readMessage(reply).id, troubles], [7, ["udp-send"]]);
  await sockets.close();
});

test("2,000 mutants over real sockets, and afterwards it answers as before", async (t) => {
  const seed = seedOfRun();
  t.diagnostic(`SLUICE_SEED=${seed}`);
  const next = seeded(seed);
  await using nameserver = await serve();
  await using udp = createSocket("udp4");
  udp.bind(0, address);
  await once(udp, "listening");
  for (let round = 0; round < 1_500; round += 1) {
    const query = mutant(next);
    udp.send(query, nameserver.port, address);
    const isSilent = query.length < 12 || ((query[2] ?? 0) & 0x80) !== 0;
    if (isSilent) continue;
    const [reply] = (await once(udp, "message", { signal: AbortSignal.timeout(10_000) })) as [Buffer];
    assert.equal(
      readMessage(reply).id,
      query.readUInt16BE(0),
      `seed ${seed}, round ${round}, ${query.toString("hex")}`,
    );
  }
  for (let round = 0; round < 50; round += 1) {
    using other = await client(nameserver.port);
    // Ten to a connection; the stream is given up at the first that is no message, so some are never read.
    other.socket.end(Buffer.concat(Array.from({ length: 10 }, () => framed(mutant(next)))));
    await other.closed;
  }
  using asker = await client(nameserver.port);
  asker.socket.write(askA);
  await until("TCP answers", () => asker.ids.length === 1);
  assert.deepEqual(nameserver.troubles, []);
});
