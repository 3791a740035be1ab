import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Envelope } from "@sluice/core";
import { peersByHttp } from "./peers.ts";

async function openPeer(t: TestContext, pieces: () => AsyncIterable<string>) {
  const server = createServer(async (_request, response) => {
    for await (const piece of pieces()) response.write(piece);
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = new AbortController();
  t.after(() => {
    stop.abort();
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { peers: peersByHttp("t", stop.signal), arbiter: { name: "arbiter-b", site: "site-b", url } };
}

test("an entry that takes longer than a second to arrive is heard to its end", async (t) => {
  const envelope: Envelope = { keyId: "arbiter-b", payload: "x".repeat(10_000), signature: "s" };
  const text = JSON.stringify(envelope);
  const { peers, arbiter } = await openPeer(t, async function* () {
    for (let at = 0; at < text.length; at += 1_500) {
      yield text.slice(at, at + 1_500);
      await delay(200);
    }
  });
  assert.deepEqual(await peers.next(arbiter, ""), envelope);
});

test("who begins and falls silent is given up", async (t) => {
  const { peers, arbiter } = await openPeer(t, async function* () {
    yield "{";
    await new Promise(() => undefined);
  });
  assert.equal(await peers.next(arbiter, ""), undefined);
});
