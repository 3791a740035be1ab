import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { test } from "node:test";
import { epochMs, type Snapshot } from "@sluice/core";
import { answer, compileZone, query } from "./index.ts";

const snapshot: Snapshot = {
  fence: { installation: "lab", epoch: 3, sequence: 41 },
  causes: [],
  configRevision: 1,
  issuedAt: epochMs(0),
  zone: {
    name: "llm.example",
    ttlSeconds: 60,
    negativeTtlSeconds: 15,
    contact: "hostmaster.example.org",
    serial: 41,
    nameservers: [{ name: "ns-a.llm.example", addresses: ["127.0.1.1"] }],
    records: [
      {
        name: "big.llm.example",
        type: "TXT",
        ttlSeconds: 5,
        data: Array.from({ length: 40 }, (_, i) => `${i}-${"x".repeat(50)}`),
      },
    ],
  },
  services: [
    {
      service: "chat",
      host: "chat.llm.example",
      ttlSeconds: 5,
      choices: [{ site: "site-b", share: 1, addresses: ["127.0.2.1"] }],
    },
  ],
};
const zone = compileZone(snapshot);

/** A nameserver of a few lines: real sockets on one port, UDP and TCP. */
async function serve(): Promise<{
  server: { address: string; port: number };
  [Symbol.asyncDispose]: () => Promise<void>;
}> {
  const tcp = createServer((socket) => {
    socket.on("data", (chunk: Buffer) => {
      const reply = Buffer.from(answer(zone, chunk.subarray(2), { transport: "tcp", draw: 0 }) ?? []);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.write(Buffer.concat([length, reply]));
    });
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket("udp4");
  udp.on("message", (bytes, from) => {
    const reply = answer(zone, bytes, { transport: "udp", draw: 0 });
    // A forged answer first: another id, which nobody may believe.
    const forged = Buffer.from(reply ?? []);
    forged.writeUInt16BE((forged.readUInt16BE(0) + 1) % 65_536, 0);
    udp.send(forged, from.port, from.address);
    if (reply) udp.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => udp.bind(port, "127.0.0.1", resolve));
  const close = async (): Promise<void> => {
    await new Promise<void>((resolve) => udp.close(() => resolve()));
    await new Promise<void>((resolve) => tcp.close(() => resolve()));
  };
  return { server: { address: "127.0.0.1", port }, [Symbol.asyncDispose]: close };
}

test("asks over UDP, ignores a forged id, and reads address, fence and negative answers", async () => {
  await using nameserver = await serve();
  const ask = { server: nameserver.server, timeoutMs: 2_000 };
  const a = await query({ ...ask, name: "chat.llm.example", type: "A" });
  assert.deepEqual(
    [a.rcode, a.aa, a.answers.map((record) => [record.type, record.ttl, record.data])],
    [0, true, [["A", 5, "127.0.2.1"]]],
  );
  const fence = await query({ ...ask, name: "_sluice-fence.llm.example", type: "TXT" });
  assert.deepEqual(
    fence.answers.map((record) => record.data),
    ["lab:3.41"],
  );
  const missing = await query({ ...ask, name: "nobody.llm.example", type: "A" });
  assert.deepEqual(
    [missing.rcode, missing.answers.length, missing.authorities.map((record) => record.type)],
    [3, 0, ["SOA"]],
  );
});

test("goes on over TCP when the answer is truncated", async () => {
  await using nameserver = await serve();
  const big = await query({ server: nameserver.server, timeoutMs: 2_000, name: "big.llm.example", type: "TXT" });
  assert.equal(big.answers.length, 40);
});

test("says UNREACHABLE of a server that is not there, and of one that says nothing", async () => {
  const silent = createSocket("udp4");
  await new Promise<void>((resolve) => silent.bind(0, "127.0.0.1", resolve));
  const { port } = silent.address();
  const ask = (to: number) =>
    query({ server: { address: "127.0.0.1", port: to }, timeoutMs: 200, name: "chat.llm.example", type: "A" });
  await assert.rejects(ask(port), { code: "UNREACHABLE", transient: true });
  await new Promise<void>((resolve) => silent.close(() => resolve()));
  await assert.rejects(ask(port), { code: "UNREACHABLE" });
});
