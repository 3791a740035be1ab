import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../../scenarios/world/until.ts";
import { openGrpc } from "../clients/grpc.ts";
import { ask, echoOf, headersOf } from "../clients/http.ts";
import { grpcFrame, openHttp2 } from "../clients/http2.ts";
import { many, openCrowd } from "../clients/load.ts";
import { openLine, say } from "../clients/raw.ts";
import { readStream } from "../clients/sse.ts";
import { openTalk } from "../clients/websocket.ts";
import { type Backend, startBackend } from "./backend.ts";

// No plane stands between here: what fails in this file is the suite's own mistake.

async function start(http2: "grpc" | "routes" = "grpc"): Promise<Backend & AsyncDisposable> {
  const backend = await startBackend({ site: "site-a", channel: "stable", index: 1, host: "127.0.71.7", http2 });
  return { ...backend, [Symbol.asyncDispose]: () => backend.close() };
}
const lineOf = ({ endpoint }: Backend) => ({
  host: endpoint.split(":")[0] ?? "",
  port: Number(endpoint.split(":")[1]),
});
const host = "chat.llm.example";

test("an echo says what arrived: headers as they stood, the body's hash, trailers", async () => {
  await using backend = await start();
  const body = Buffer.alloc(200_000, "a");
  const answer = await ask(`http://${backend.endpoint}/some/path?q=1`, {
    body,
    headers: { host, "x-call": "one", "x-twice": ["a", "b"] },
  });
  const echo = echoOf(answer);
  assert.deepEqual(
    [answer.status, answer.servedBy, echo.method, echo.url],
    [200, "site-a/stable/1", "POST", "/some/path?q=1"],
  );
  assert.deepEqual(headersOf(echo.rawHeaders, "x-twice"), ["a", "b"]);
  assert.equal(echo.bodyBytes, body.length);
  assert.equal(backend.ledger.heard("one").length, 1);
  assert.equal((await ask(`http://${backend.endpoint}/trailers`)).trailers["x-checksum"], "abc123");
  assert.equal((await ask(`http://${backend.endpoint}/status/404`)).status, 404);
});

test("an event stream comes event by event; errors, cuts and comments are told apart", async () => {
  await using backend = await start();
  const read = (query: string) => readStream(`http://${backend.endpoint}/sse?${query}`, { headers: { host } });
  const whole = await read("events=5&everyMs=20&commentEvery=2");
  assert.deepEqual([whole.end, whole.events.length, whole.comments], ["done", 5, 2]);
  const lags = whole.events.map(({ atMs, data }) => atMs - (data.sentMs ?? 0));
  assert.ok(
    lags.every((ms) => ms < 200),
    `${lags.join(", ")}`,
  );
  const broken = await read("events=5&errorAt=2");
  assert.deepEqual([broken.end, broken.events.length, broken.events[2]?.data.error !== undefined], ["done", 3, true]);
  const cut = await read("events=5&cutAt=2&everyMs=5");
  assert.deepEqual([cut.end, cut.events.length], ["cut", 2]);
});

test("moods: latency, a share that fails, a cut, a hang that ends, refusal and back", async () => {
  await using backend = await start();
  await using crowd = openCrowd(`http://${backend.endpoint}`, host);
  await backend.setMood({ failing: { share: 0.2, status: 503, headers: { "x-why": "test" } } });
  const seen = await many(100, 10, () => crowd.ask());
  assert.equal(seen.filter(({ status }) => status === 503).length, 20);
  await backend.setMood({ afterMs: 120 });
  assert.ok((await crowd.ask()).headersMs >= 119);
  await backend.setMood({ cut: true });
  assert.equal((await crowd.ask()).status, 0);
  await backend.setMood({ hang: true });
  const hanging = crowd.ask();
  await until("it hangs", () => backend.ledger.open() === 1 || undefined);
  await backend.setMood({});
  assert.equal((await hanging).status, 200);
  await backend.setMood({ refuse: true });
  await assert.rejects(ask(`http://${backend.endpoint}/`), /ECONNREFUSED/);
  await backend.setMood({});
  assert.equal((await ask(`http://${backend.endpoint}/`)).status, 200);
});

test("gRPC: every kind of call, with trailers, details and a deadline", async () => {
  await using backend = await start();
  using client = openGrpc(backend.endpoint, host);
  const details = Buffer.from([0, 1, 2, 250]).toString("base64");
  const unary = await client.unary({ text: "hello", ending: { code: 0, trailers: { "x-cost": "7" } } });
  assert.deepEqual([unary.status.code, unary.replies[0]?.text, unary.servedBy], [0, "hello", backend.name]);
  assert.deepEqual(unary.status.metadata.get("x-cost"), ["7"]);
  const failed = await client.unary({ ending: { code: 13, message: "zu spät ✗", details } });
  assert.deepEqual([failed.status.code, failed.status.details], [13, "zu spät ✗"]);
  assert.deepEqual(failed.status.metadata.get("grpc-status-details-bin"), [Buffer.from(details, "base64")]);
  const server = await client.server({ count: 3, ending: { code: 13 } }, { deadlineMs: 5_000 });
  assert.deepEqual([server.status.code, server.replies.map(({ n }) => n)], [13, [0, 1, 2]]);
  assert.ok((server.replies[0]?.deadlineMs ?? 0) > 3_000 && (server.replies[0]?.deadlineMs ?? 0) <= 5_000);
  const upload = await client.client([{}, {}, {}]);
  assert.deepEqual([upload.status.code, upload.replies[0]?.n], [0, 3]);
  const bidi = await client.bidi([{ text: "a" }, { text: "b" }, { ending: { code: 5 } }]);
  assert.deepEqual([bidi.status.code, bidi.replies.map(({ text }) => text)], [5, ["a", "b"]]);
});

test("gRPC: an error before the first message is one block of headers; a caller that leaves is noticed", async () => {
  await using backend = await start();
  await using h2 = await openHttp2(`http://${backend.endpoint}`);
  const head = {
    ":method": "POST",
    ":path": "/conformance.v1.Echo/Unary",
    "content-type": "application/grpc",
    te: "trailers",
  };
  const refused = await h2.ask(head, grpcFrame({ ending: { code: 14, message: "später" } }));
  assert.deepEqual([refused.isHeadersOnly, refused.headers["grpc-status"]], [true, "14"]);
  assert.equal(refused.headers["grpc-message"], "sp%C3%A4ter");
  const well = await h2.ask(head, grpcFrame({ text: "x" }));
  assert.deepEqual([well.isHeadersOnly, well.trailers?.["grpc-status"], well.code], [false, "0", 0]);
  using client = openGrpc(backend.endpoint, host);
  const leave = new AbortController();
  const call = client.server({ count: 100, everyMs: 50 }, { metadata: { "x-call": "left" }, signal: leave.signal });
  await until("it runs", () => backend.ledger.heard("left").length === 1 || undefined);
  leave.abort();
  assert.equal((await call).status.code, 1);
  await until("the backend noticed", () => backend.ledger.leftAt("left") !== undefined || undefined);
});

test("gRPC: GOAWAY lets calls under way end, and new ones come by a new connection", async () => {
  await using backend = await start();
  using client = openGrpc(backend.endpoint, host);
  const slow = client.server({ count: 5, everyMs: 50 }, { metadata: { "x-call": "slow" } });
  await until("it runs", () => backend.ledger.heard("slow").length === 1 || undefined);
  backend.goaway();
  assert.equal((await slow).status.code, 0);
  assert.equal((await client.unary({ text: "again" })).status.code, 0);
});

test("the same routes over HTTP/2, a refused stream, GOAWAY", async () => {
  await using backend = await start("routes");
  await using h2 = await openHttp2(`http://${backend.endpoint}`);
  const answer = await h2.ask({ ":path": "/echo" });
  assert.deepEqual([answer.headers[":status"], answer.headers["x-served-by"]], [200, backend.name]);
  await backend.setMood({ refuseStream: true });
  assert.equal((await h2.ask({ ":path": "/echo" })).code, 7);
  backend.goaway();
  await until("GOAWAY came", () => h2.goaway() !== undefined || h2.session.closed || undefined);
});

test("WebSockets and other upgrades echo; a refused upgrade is an answer", async () => {
  await using backend = await start();
  const talk = await openTalk(`ws://${backend.endpoint}/ws`, { headers: { host }, protocols: ["chat"] });
  assert.deepEqual([talk.servedBy, talk.socket.protocol], [backend.name, "chat"]);
  assert.equal((await talk.echo("hello")).data.toString(), "hello");
  assert.deepEqual((await talk.echo(Buffer.alloc(100_000))).isBinary, true);
  assert.deepEqual(await talk.close(4001, "bye"), { code: 4001, reason: "bye" });
  const upgrade = `GET /x HTTP/1.1\r\nhost: ${host}\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n`;
  const raw = await say(lineOf(backend), [upgrade, "ping"], { quietMs: 200, everyMs: 50 });
  assert.deepEqual(raw.statuses, [101]);
  assert.match(raw.text, /ping$/);
  const refused = await say(lineOf(backend), [upgrade.replace("/x", "/refuse-upgrade")]);
  assert.deepEqual([refused.statuses, refused.end], [[403], "closed"]);
});

test("a slow reader holds the backend back, and a slow backend the writer", async () => {
  await using backend = await start();
  const line = await openLine(lineOf(backend));
  line.pause();
  line.write(`GET /bytes?count=100000000 HTTP/1.1\r\nhost: ${host}\r\nx-call: big\r\n\r\n`);
  await until("it writes", () => backend.ledger.bytes("big") > 0 || undefined);
  let before = -1;
  await until("it is held back", () => {
    const now = backend.ledger.bytes("big");
    const isStill = now === before;
    before = now;
    return isStill || undefined;
  });
  assert.ok(before < 50_000_000, `${before} bytes were taken`);
  line.destroy();
  await until("the backend noticed", () => backend.ledger.leftAt("big") !== undefined || undefined);
});
