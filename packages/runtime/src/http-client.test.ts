import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { SluiceError } from "@sluice/core";
import { request } from "./http-client.ts";

async function serve(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  let connections = 0;
  const server = createServer(answer).on("connection", () => (connections += 1));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  t.after(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`, connections: () => connections, close };
}

const is = (code: string) => (error: unknown) => error instanceof SluiceError && error.code === code && error.transient;

test("sends and reads JSON, with the token, and keeps its connection", async (t) => {
  const { url, connections } = await serve(t, async (incoming, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece as Buffer);
    const { method, headers } = incoming;
    const body: unknown = JSON.parse(Buffer.concat(pieces).toString() || "null");
    response.writeHead(201).end(JSON.stringify({ method, authorization: headers.authorization, body }));
  });
  const posted = await request({ url, method: "POST", token: "t", body: { text: "ä" }, timeoutMs: 5000 });
  assert.deepEqual(posted, { status: 201, body: { method: "POST", authorization: "Bearer t", body: { text: "ä" } } });
  assert.deepEqual((await request({ url, timeoutMs: 5000 })).body, { method: "GET", body: null });
  assert.equal(connections(), 1);
});

test("nothing is undefined, and what isn't JSON is text", async (t) => {
  const { url } = await serve(t, (incoming, response) => response.end(incoming.method === "GET" ? "" : "<html>"));
  assert.equal((await request({ url, timeoutMs: 5000 })).body, undefined);
  assert.equal((await request({ url, method: "POST", timeoutMs: 5000 })).body, "<html>");
});

test("silence is TIMEOUT, nobody there is UNREACHABLE, too much is BODY_TOO_LARGE, and an abort has its own reason", async (t) => {
  const silent = await serve(t, () => undefined);
  await assert.rejects(request({ url: silent.url, timeoutMs: 50 }), is("TIMEOUT"));
  const stop = new AbortController();
  const asked = request({ url: silent.url, timeoutMs: 5000, signal: stop.signal });
  stop.abort(new Error("enough"));
  await assert.rejects(asked, /enough/);
  await silent.close();
  await assert.rejects(request({ url: silent.url, timeoutMs: 5000 }), is("UNREACHABLE"));
  const long = await serve(t, (_request, response) => response.end("x".repeat(2000)));
  await assert.rejects(request({ url: long.url, timeoutMs: 5000, bytesMax: 1000 }), { code: "BODY_TOO_LARGE" });
});

test("who is silent is given up before the time is up, and who goes on sending is not", async (t) => {
  const silent = await serve(t, (_request, response) =>
    response.writeHead(200, { "content-length": 10 }).write("half"),
  );
  await assert.rejects(request({ url: silent.url, timeoutMs: 60_000, silentMs: 50 }), is("TIMEOUT"));
  const slow = await serve(t, async (_request, response) => {
    for (const piece of ['"', "l", "o", "n", "g", '"']) {
      response.write(piece);
      await delay(200);
    }
    response.end();
  });
  assert.equal((await request({ url: slow.url, timeoutMs: 60_000, silentMs: 1_000 })).body, "long");
});

test("a body that stops halfway is TIMEOUT, and a cut one UNREACHABLE", async (t) => {
  const half = await serve(t, (_request, response) => response.writeHead(200, { "content-length": 10 }).write("half"));
  await assert.rejects(request({ url: half.url, timeoutMs: 100 }), is("TIMEOUT"));
  const cut = await serve(t, (_request, response) => {
    response.writeHead(200, { "content-length": 10 }).write("half", () => response.destroy());
  });
  await assert.rejects(request({ url: cut.url, timeoutMs: 5000 }), is("UNREACHABLE"));
});
