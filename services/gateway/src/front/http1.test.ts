import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type TestContext, test } from "node:test";
import { host, listening, startPlane } from "../test-plane.ts";
import { rawBackend, rawClient, timesIn } from "../test-raw.ts";
import type { Limits } from "./limits.ts";

const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n${more}\r\n`;

/** A plane before a backend that answers with the path and the body that it was asked with. */
async function echoPlane(t: TestContext, limits: Partial<Limits> = {}) {
  const echo = createServer((request, response) => {
    let body = "";
    request.setEncoding("latin1");
    request.on("data", (piece: string) => void (body += piece));
    request.on("end", () => {
      const text = `<${request.url} ${body}>`;
      if (request.url === "/204" || request.url === "/304")
        return void response.writeHead(Number(request.url.slice(1))).end();
      if (request.url === "/pieces") return void response.end(text);
      response.writeHead(200, { "content-length": text.length });
      response.end(request.method === "HEAD" ? undefined : text);
    });
  });
  return startPlane(t, { ports: [await listening(t, echo)], limits });
}

test("requests behind one another are answered in their order, on one connection", async (t) => {
  const plane = await echoPlane(t);
  const client = await rawClient(t, plane.port);
  client.say(get("/1") + get("/2") + `POST /3 HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 3\r\n\r\nabc${get("/4")}`);
  const text = await client.heard((heard) => heard.includes("</4 >"));
  assert.deepEqual(text.match(/<[^>]*>/g), ["</1 >", "</2 >", "</3 abc>", "</4 >"]);
});

test("a request byte by byte is one request", async (t) => {
  const plane = await echoPlane(t);
  const client = await rawClient(t, plane.port);
  const post = `POST /x HTTP/1.1\r\nhost: ${host}\r\ntransfer-encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n1\r\nd\r\n0\r\nx: y\r\n\r\n`;
  for (const byte of post) {
    client.say(byte);
    await new Promise((done) => setImmediate(done));
  }
  await client.heard((heard) => heard.includes("</x abcd>"));
});

test("who waits for 100 before a body is told to go on, and who expects something else is refused", async (t) => {
  const plane = await echoPlane(t);
  const client = await rawClient(t, plane.port);
  const head = `POST /x HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 3\r\n`;
  client.say(`${head}expect: 100-continue\r\n\r\n`);
  await client.heard((heard) => heard === "HTTP/1.1 100 Continue\r\n\r\n");
  client.say("abc");
  await client.heard((heard) => heard.includes("</x abc>"));
  client.say(`${head}expect: a-miracle\r\n\r\n`);
  assert.match(await client.ended(), /HTTP\/1\.1 417 [^]*connection: close/);
});

test("HEAD, 204 and 304 have no body, and the connection goes on behind them", async (t) => {
  const plane = await echoPlane(t);
  const client = await rawClient(t, plane.port);
  client.say(`HEAD /x HTTP/1.1\r\nhost: ${host}\r\n\r\n${get("/204")}${get("/304")}${get("/end")}`);
  const text = await client.heard((heard) => heard.includes("</end >"));
  assert.deepEqual(
    [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status),
    ["200", "204", "304", "200"],
  );
  assert.equal(timesIn(text, "transfer-encoding"), 0);
  assert.match(text, /content-length: 5\r\n[^]*?\r\n\r\nHTTP\/1\.1 204/);
});

test("HTTP/1.0 gets no chunks, and is closed unless it asks", async (t) => {
  const plane = await echoPlane(t);
  const client = await rawClient(t, plane.port);
  client.say(`GET /pieces HTTP/1.0\r\nhost: ${host}\r\n\r\n`);
  const text = await client.ended();
  assert.match(text, /connection: close[^]*\r\n\r\n<\/pieces >$/);
  assert.equal(timesIn(text, "chunked"), 0);
  const kept = await rawClient(t, plane.port);
  const asked = `GET /x HTTP/1.0\r\nhost: ${host}\r\nconnection: keep-alive\r\n\r\n`;
  kept.say(asked);
  await kept.heard((heard) => timesIn(heard, "</x >") === 1);
  kept.say(asked);
  await kept.heard((heard) => timesIn(heard, "</x >") === 2);
});

for (const [what, text, status] of [
  ["a malformed head", "GET / HTTP/1.1\r\nhost : a\r\n\r\n", 400],
  ["CONNECT", "CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\n\r\n", 405],
  ["headers without end", `GET / HTTP/1.1\r\nx: ${"y".repeat(20_000)}`, 431],
  ["too many headers", `GET / HTTP/1.1\r\nhost: a\r\n${"x: y\r\n".repeat(200)}\r\n`, 431],
] as const) {
  test(`${what}: ${status}, and the end of the connection`, async (t) => {
    const plane = await echoPlane(t);
    const client = await rawClient(t, plane.port);
    client.say(text + get("/after"));
    const heard = await client.ended();
    assert.match(heard, new RegExp(`^HTTP/1\\.1 ${status} [^\r\n]+\r\nconnection: close\r\n`));
    assert.equal(timesIn(heard, "HTTP/1.1"), 1);
    assert.equal(plane.records.length, 0);
  });
}

test("a chunk that is malformed ends the request, and the pool isn't told that it was whole", async (t) => {
  const backend = await rawBackend(t, () => undefined);
  const plane = await startPlane(t, { ports: [backend.port] });
  const client = await rawClient(t, plane.port);
  client.say(`POST /x HTTP/1.1\r\nhost: ${host}\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n`);
  while (!backend.heard().includes("abc")) await new Promise((done) => setImmediate(done));
  client.say(`1\r\nxx\r\n0\r\n\r\n${get("/smuggled")}`);
  assert.match(await client.ended(), /^HTTP\/1\.1 400 /);
  await plane.ended(1);
  assert.deepEqual(plane.records[0]?.outcome, { kind: "neither", because: "client-abort" });
  assert.equal(timesIn(backend.heard(), "0\r\n\r\n"), 0);
  assert.equal(timesIn(backend.heard(), "smuggled"), 0);
});

test("an answer while the body is still coming is given whole, and the connection ends with it", async (t) => {
  const backend = await rawBackend(t, (said) =>
    said.includes("\r\n\r\n") ? "HTTP/1.1 413 Content Too Large\r\ncontent-length: 4\r\n\r\nlong" : undefined,
  );
  const plane = await startPlane(t, { ports: [backend.port] });
  const client = await rawClient(t, plane.port);
  client.say(`POST /x HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 1000000\r\n\r\nabc`);
  await client.heard((heard) => heard.endsWith("long"));
  client.say("more of it");
  const text = await client.ended();
  assert.match(text, /^HTTP\/1\.1 413 [^]*connection: close[^]*\r\n\r\nlong$/);
});

test("a head that takes too long is answered 408, and an idle connection is closed without a word", async (t) => {
  const plane = await echoPlane(t, { headersMs: 100, keptMs: 150 });
  const slow = await rawClient(t, plane.port);
  slow.say("GET / HTTP/1.1\r\nhost");
  assert.match(await slow.ended(), /^HTTP\/1\.1 408 /);
  const idle = await rawClient(t, plane.port);
  idle.say(get("/x"));
  await idle.heard((heard) => heard.includes("</x >"));
  assert.equal(timesIn(await idle.ended(), "HTTP/1.1"), 1);
});

test("an upgrade with a body, and one to HTTP/2, are requests like others", async (t) => {
  const plane = await echoPlane(t);
  const client = await rawClient(t, plane.port);
  const upgrade = "connection: upgrade\r\nupgrade: ";
  client.say(get("/h2c", `${upgrade}h2c\r\n`));
  await client.heard((heard) => heard.includes("</h2c >"));
  client.say(`POST /x HTTP/1.1\r\nhost: ${host}\r\n${upgrade}websocket\r\ncontent-length: 3\r\n\r\nabc`);
  await client.heard((heard) => heard.includes("</x abc>"));
});

test("the absolute form names the authority, whatever Host says", async (t) => {
  const plane = await echoPlane(t);
  const client = await rawClient(t, plane.port);
  client.say(`GET http://${host}/x?y HTTP/1.1\r\nhost: other.test\r\n\r\n`);
  await client.heard((heard) => heard.includes("</x?y >"));
  assert.equal(plane.records[0]?.host, host);
});
