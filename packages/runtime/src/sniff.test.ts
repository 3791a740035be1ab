import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, connect as dial, type Socket } from "node:net";
import { test } from "node:test";
import { sniff } from "./sniff.ts";

test("tells the protocols apart even when the first bytes come in pieces, and gives them all back", async () => {
  const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const table: readonly (readonly [readonly string[], "http1" | "http2"])[] = [
    [["GET / HTTP/1.1\r\n"], "http1"],
    [["P", "OST / HTTP/1.1\r\n"], "http1"],
    [["PRI", " * HTTP/1.1\r\n"], "http1"],
    [[`${preface}rest`], "http2"],
    [["P", "RI * HTTP/2.0\r\n\r\nSM\r\n\r", "\n"], "http2"],
  ];
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  for (const [pieces, expected] of table) {
    const client = dial(address.port, "127.0.0.1").setNoDelay();
    const [socket] = (await once(server, "connection")) as [Socket];
    const { promise, resolve } = Promise.withResolvers<string>();
    sniff(socket, resolve);
    let sent = 0;
    for (const piece of pieces) {
      client.write(piece);
      sent += piece.length;
      await until(() => socket.bytesRead === sent);
    }
    assert.equal(await promise, expected);
    const [bytes] = (await once(socket, "data")) as [Buffer];
    assert.equal(bytes.toString(), pieces.join(""));
    client.destroy();
    socket.destroy();
  }
  server.close();
});

test("a client that leaves without a word is let go", async () => {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const client = dial(address.port, "127.0.0.1");
  const [socket] = (await once(server, "connection")) as [Socket];
  sniff(socket, () => assert.fail("there was nothing to sniff"));
  client.end("PRI");
  await once(socket, "close");
  client.destroy();
  server.close();
});

/** Waits until the condition holds, for at most 10 s. */
async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error("waited 10 s in vain");
    await new Promise((done) => setImmediate(done));
  }
}
