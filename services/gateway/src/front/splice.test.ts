import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { listening } from "../test-plane.ts";
import { type RawBackend, type RawClient, rawBackend, rawClient } from "../test-raw.ts";
import { parseRequestHead, type RequestHead } from "../wire/request-head.ts";
import { splice } from "./splice.ts";

const text = "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
const request = parseRequestHead(text, text.length - 4, 10) as RequestHead;

type Scene = { readonly client: RawClient; readonly backend: RawBackend; readonly end: ReturnType<typeof splice> };

async function spliced(t: TestContext, answer: string, first = ""): Promise<Scene> {
  const backend = await rawBackend(t, (said) =>
    said.startsWith("GET") ? (said.endsWith("\r\n\r\n") ? answer : undefined) : said,
  );
  const server = createServer({ pauseOnConnect: true });
  const port = await listening(t, server);
  const accepted = once(server, "connection");
  const client = await rawClient(t, port);
  const [socket] = (await accepted) as [Socket];
  const to = { address: `127.0.0.1:${backend.port}`, tls: undefined, headers: [], connectMs: 1_000, idleMs: 10_000 };
  return { client, backend, end: splice(request, socket, to, Buffer.from(first)) };
}

const switched = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";

test("behind 101 bytes go both ways, those too that came early", async (t) => {
  const { client, end } = await spliced(t, `${switched}hello`, "early");
  await client.heard((heard) => heard === `${switched}helloearly`);
  client.say("more");
  await client.heard((heard) => heard.endsWith("more"));
  client.socket.end();
  assert.equal(await end, "ended");
});

for (const [what, answer] of [
  ["with a length", "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno"],
  ["in chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n"],
] as const) {
  test(`behind an answer that declines, ${what}, nothing of the client's reaches the endpoint`, async (t) => {
    const { client, backend, end } = await spliced(t, answer, "GET /hidden HTTP/1.1\r\n\r\n");
    client.say("GET /more HTTP/1.1\r\n\r\n");
    assert.equal(await client.ended(), answer);
    await end;
    assert.doesNotMatch(backend.heard(), /hidden|more/);
  });
}

test("a client that is gone before the endpoint was reached is no fault of the endpoint's", async (t) => {
  const backend = await rawBackend(t, () => undefined);
  const server = createServer({ pauseOnConnect: true });
  const port = await listening(t, server);
  const accepted = once(server, "connection");
  await rawClient(t, port);
  const [socket] = (await accepted) as [Socket];
  const to = { address: `127.0.0.1:${backend.port}`, tls: undefined, headers: [], connectMs: 1_000, idleMs: 10_000 };
  const end = splice(request, socket, to, Buffer.alloc(0));
  socket.resetAndDestroy();
  assert.equal(await end, "ended");
});

test("an answer that is none is 502", async (t) => {
  const { client } = await spliced(t, "hello\r\n\r\n");
  assert.match(await client.ended(), /^HTTP\/1\.1 502 /);
});
