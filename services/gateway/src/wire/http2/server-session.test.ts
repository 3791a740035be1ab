import assert from "node:assert/strict";
import { test } from "node:test";
import { flags, frame, frameTypes } from "../../../../../test/conformance/clients/frames.ts";
import { frameType, preface } from "./codes.ts";
import { idleBurst } from "./limits.ts";
import {
  data,
  get,
  headers,
  inShort,
  open,
  post,
  reset,
  serverBench,
  settingsFrame,
  windowUpdate,
} from "./test-session.ts";

const ping = frame({ type: frameTypes.ping, payload: Buffer.alloc(8) });
const padded = (type: number, stream: number, payload: Buffer): Buffer =>
  frame({ type, flags: flags.endHeaders | 0x8, stream, payload });
const halves = headers(1, get).subarray(9);
const begun = frame({ type: frameTypes.headers, flags: flags.endStream, stream: 1, payload: halves.subarray(0, 3) });
const rest = frame({ type: frameTypes.continuation, flags: open, stream: 1, payload: halves.subarray(3) });

test("a request with a body, trailers and an answer with trailers", () => {
  const bench = serverBench();
  bench.say(headers(1, [...post, "x-a", "1", "x-a", "2"], open), data(1, "first "), data(1, "last"));
  const [heard] = bench.heard;
  bench.say(headers(1, ["x-sum", "2"]));
  assert.deepEqual(
    [heard?.request?.headers, heard?.body, heard?.trailers, heard?.ends],
    [["x-a", "1", "x-a", "2"], "first last", ["x-sum", "2"], ["end"]],
  );
  assert.ok(heard);
  bench.session.respond(heard.stream, 200, ["x-b", "3"], false);
  heard.stream.write(Buffer.from("hello"));
  heard.stream.end(["grpc-status", "0"]);
  assert.deepEqual(inShort(bench.said()), ["headers 1", "data 1 5", "headers 1 end"]);
  assert.equal(bench.session.streams.size, 0);
});

test("the end is said in the last frame of data, when that hasn't left yet", () => {
  const bench = serverBench();
  bench.say(headers(1, get), headers(3, get));
  const [one, other] = bench.heard;
  assert.ok(one && other);
  for (const { stream } of [one, other]) bench.session.respond(stream, 200, [], false);
  one.stream.write(Buffer.from("one"));
  one.stream.end();
  other.stream.write(Buffer.from("other"));
  assert.deepEqual(inShort(bench.said()), ["headers 1", "headers 3", "data 1 3 end", "data 3 5"]);
  other.stream.end();
  assert.deepEqual(inShort(bench.said()), ["data 3 0 end"]);
});

test("an answer that is whole before its request is asks for no more of that", () => {
  const bench = serverBench();
  bench.say(headers(1, post, open));
  const [heard] = bench.heard;
  assert.ok(heard);
  bench.session.respond(heard.stream, 413, [], true);
  assert.deepEqual(inShort(bench.said()), ["headers 1 end", "reset 1 0"]);
  // What was on its way is let pass.
  assert.deepEqual(inShort(bench.say(data(1, "more"), data(1, "yet", true))), []);
  assert.equal(bench.over, undefined);
});

for (const [what, pieces, code] of [
  ["a frame longer than allowed", [frame({ type: 0, stream: 1, payload: Buffer.alloc(16_385) })], 6],
  ["data of no stream", [data(0, "x")], 1],
  ["data of a stream that was never opened", [data(1, "x")], 1],
  ["data of a stream that has ended", [headers(1, post, open), reset(1, 8), data(1, "x")], 5],
  ["fields of no stream", [headers(0, get)], 1],
  ["a stream of the server's", [headers(2, get)], 1],
  ["a stream that was passed by", [headers(3, get), headers(1, get)], 1],
  ["padding longer than its frame", [headers(1, post, open), padded(0, 1, Buffer.from([5, 0, 0]))], 1],
  ["padding of a head longer than its frame", [padded(1, 1, Buffer.from([200, 0x82]))], 1],
  ["a priority longer than its head", [frame({ type: 1, flags: 0x24, stream: 1, payload: Buffer.alloc(4) })], 6],
  ["a block that is interrupted", [begun, ping], 1],
  ["a block that goes on elsewhere", [begun, frame({ type: 9, flags: 4, stream: 3 })], 1],
  ["a continuation of nothing", [rest], 1],
  ["a block that can't be read", [frame({ type: 1, flags: 5, stream: 1, payload: Buffer.from([0x80]) })], 9],
  ["a priority of no stream", [frame({ type: 2, payload: Buffer.alloc(5) })], 1],
  ["a priority of a wrong length", [frame({ type: 2, stream: 1, payload: Buffer.alloc(4) })], 6],
  ["a reset of no stream", [reset(0, 8)], 1],
  ["a reset of a stream that was never opened", [reset(1, 8)], 1],
  ["a reset of a wrong length", [headers(1, post, open), frame({ type: 3, stream: 1, payload: Buffer.alloc(3) })], 6],
  ["settings of a stream", [frame({ type: 4, stream: 1 })], 1],
  ["settings of a wrong length", [frame({ type: 4, payload: Buffer.alloc(5) })], 6],
  ["an acknowledgement that says something", [frame({ type: 4, flags: 1, payload: Buffer.alloc(6) })], 6],
  ["a window that can't be", [settingsFrame([4, 2 ** 31])], 3],
  ["frames shorter than everybody takes", [settingsFrame([5, 16_383])], 1],
  ["a push that is neither wanted nor not", [settingsFrame([2, 2])], 1],
  ["a push", [frame({ type: 5, stream: 1, payload: Buffer.alloc(4) })], 1],
  ["a ping of a stream", [frame({ type: 6, stream: 1, payload: Buffer.alloc(8) })], 1],
  ["a ping of a wrong length", [frame({ type: 6, payload: Buffer.alloc(7) })], 6],
  ["a farewell of a stream", [frame({ type: 7, stream: 1, payload: Buffer.alloc(8) })], 1],
  ["a farewell of a wrong length", [frame({ type: 7, payload: Buffer.alloc(7) })], 6],
  ["a window that grows by nothing", [windowUpdate(0, 0)], 1],
  ["a window of a stream that was never opened", [windowUpdate(1, 1)], 1],
  ["a window update of a wrong length", [frame({ type: 8, payload: Buffer.alloc(5) })], 6],
  ["a window that is too great", [windowUpdate(0, 2 ** 31 - 1)], 3],
  [
    "windows that become too great",
    [headers(1, post, open), windowUpdate(1, 2 ** 30), settingsFrame([4, 2 ** 31 - 1])],
    3,
  ],
] as const)
  test(`${what} ends the connection`, () => {
    const bench = serverBench();
    const said = inShort(bench.say(...pieces));
    assert.equal(said.at(-1), `goaway ${code}`);
    assert.notEqual(bench.over, undefined);
    assert.ok(bench.heard.every(({ ends }) => ends.length === 1));
    // And nothing of what follows is looked at.
    assert.deepEqual(bench.say(headers(9, get), ping), []);
  });

for (const [what, pieces, code] of [
  ["data after the end", [headers(1, get), data(1, "x")], 5],
  ["fields after the end", [headers(1, get), headers(1, ["x", "y"])], 5],
  ["trailers without an end", [headers(1, post, open), headers(1, ["x", "y"], open)], 1],
  ["trailers with a pseudo-header", [headers(1, post, open), headers(1, [":path", "/"])], 1],
  ["trailers with a length", [headers(1, post, open), headers(1, ["content-length", "1"])], 1],
  ["a body longer than was said", [headers(1, [...post, "content-length", "3"], open), data(1, "four")], 1],
  ["a body shorter than was said", [headers(1, [...post, "content-length", "3"], open), data(1, "2", true)], 1],
  ["trailers before the length is reached", [headers(1, [...post, "content-length", "3"], open), headers(1, [])], 1],
  ["no body where a length was said", [headers(1, [...post, "content-length", "3"])], 1],
  ["a window that is too great", [headers(1, post, open), windowUpdate(1, 2 ** 31 - 1)], 3],
  ["a window that grows by nothing", [headers(1, post, open), windowUpdate(1, 0)], 1],
] as const)
  test(`${what} ends the stream, and not the connection`, () => {
    const bench = serverBench();
    assert.deepEqual(inShort(bench.say(...pieces)), [`reset 1 ${code}`]);
    assert.equal(bench.over, undefined);
    assert.deepEqual(inShort(bench.say(headers(5, get))), []);
    assert.equal(bench.session.streams.size, 1);
  });

const without = (name: string): string[] => get.filter((_, at) => get[at - (at % 2)] !== name);

for (const [what, list] of [
  ["no method", without(":method")],
  ["no scheme", without(":scheme")],
  ["no path", without(":path")],
  ["an empty path", [...without(":path"), ":path", ""]],
  ["a path that is a URL", [...without(":path"), ":path", "http://a.test/"]],
  ["a path with a blank", [...without(":path"), ":path", "/ HTTP/1.1"]],
  ["a path with a fragment", [...without(":path"), ":path", "/#x"]],
  ["two paths", [...get, ":path", "/other"]],
  ["a pseudo-header behind others", [...without(":path"), "x", "y", ":path", "/"]],
  ["one of an answer's", [...get, ":status", "200"]],
  ["one that nobody knows", [...get, ":protocol", "websocket"]],
  ["an authority that is none", [...without(":authority"), ":authority", "user@a.test"]],
  ["another host", [...get, "host", "b.test"]],
  ["two hosts", [...without(":authority"), "host", "a.test", "host", "a.test"]],
  ["a connection header", [...get, "connection", "close"]],
  ["an encoding", [...get, "transfer-encoding", "chunked"]],
  ["te that isn't trailers", [...get, "te", "gzip"]],
  ["two lengths", [...get, "content-length", "0", "content-length", "0"]],
  ["a length with a sign", [...get, "content-length", "+1"]],
  ["a name in upper case", [...get, "X-A", "1"]],
  ["a name with a colon", [...get, "x:y", "1"]],
  ["a line break in a value", [...get, "x", "a\r\ny: b"]],
  ["a zero in a value", [...get, "x", "a\0"]],
  ["a blank before a value", [...get, "x", " a"]],
  ["a tunnel with a path", [":method", "CONNECT", ...get.slice(2)]],
] as const)
  test(`a request with ${what} is malformed`, () => {
    const bench = serverBench();
    assert.deepEqual(inShort(bench.say(headers(1, list))), ["reset 1 1"]);
    assert.deepEqual(bench.heard, []);
  });

test("too many headers and too long ones are answered, and a tunnel too", () => {
  const bench = serverBench({ headerCount: 10, headerBytes: 1_000 });
  const many = Array.from({ length: 10 }, () => ["x", "y"]).flat();
  assert.deepEqual(inShort(bench.say(headers(1, [...get, ...many]))), ["headers 1 end"]);
  assert.deepEqual(inShort(bench.say(headers(3, [...get, "x", "y".repeat(1_000)]))), ["headers 3 end"]);
  assert.deepEqual(inShort(bench.say(headers(5, [":method", "CONNECT", ":authority", "a.test:443"]))), [
    "headers 5 end",
  ]);
  assert.deepEqual(bench.heard, []);
});

test("a host is as good as an authority, and the same twice is well", () => {
  const bench = serverBench();
  bench.say(headers(1, [...get.slice(0, 6), "host", "b.test:80"]), headers(3, [...get, "host", "A.test"]));
  assert.deepEqual(
    bench.heard.map(({ request }) => request?.authority),
    ["b.test:80", "a.test"],
  );
});

test("a head in pieces is one head", () => {
  const bench = serverBench();
  bench.say(begun);
  assert.ok(bench.session.isWithinHead);
  bench.say(rest);
  assert.deepEqual([bench.session.isWithinHead, bench.heard.length], [false, 1]);
});

test("padding and priorities are left out", () => {
  const bench = serverBench();
  const block = headers(1, post).subarray(9);
  const payload = Buffer.concat([Buffer.from([2]), Buffer.alloc(5), block, Buffer.alloc(2)]);
  bench.say(frame({ type: 1, flags: 0x2c, stream: 1, payload }), padded(0, 1, Buffer.from("\x02hi\0\0")));
  assert.equal(bench.heard[0]?.body, "hi");
});

test("streams past the limit are refused, and those that are open go on", () => {
  const bench = serverBench({ streams: 2 });
  const said = inShort(bench.say(headers(1, post, open), headers(3, post, open), headers(5, post, open)));
  assert.deepEqual(said, ["reset 5 7"]);
  bench.say(data(5, "on its way"), data(1, "x", true));
  assert.deepEqual([bench.over, bench.heard[0]?.body], [undefined, "x"]);
});

for (const [what, piece] of [
  ["streams that are broken off", (id: number) => Buffer.concat([headers(id, get), reset(id, 8)])],
  ["malformed requests", (id: number) => headers(id, [...get, "connection", "close"])],
  ["streams that the server has reason to break off", (id: number) => Buffer.concat([headers(id, get), data(id, "x")])],
  ["windows that break streams", (id: number) => Buffer.concat([headers(id, get), windowUpdate(id, 0)])],
] as const)
  test(`too many ${what} end the connection`, () => {
    const bench = serverBench({ resetBurst: 10 });
    let id = 1;
    for (; bench.over === undefined && id < 1_000; id += 2) bench.say(piece(id));
    assert.equal((id - 1) / 2, 11);
  });

test("resets are forgiven as time goes by", () => {
  const bench = serverBench({ resetBurst: 10, resetsPerSecond: 10 });
  for (let id = 1; id < 2_000; id += 2) {
    bench.clock.nowMs += 100;
    bench.say(headers(id, get), reset(id, 8));
  }
  assert.equal(bench.over, undefined);
});

for (const [what, piece] of [
  ["pings", ping],
  ["settings", settingsFrame([4, 65_535])],
  ["acknowledgements", frame({ type: 4, flags: 1 })],
  ["priorities", frame({ type: 2, stream: 1, payload: Buffer.alloc(5) })],
  ["frames that nobody knows", frame({ type: 99, payload: Buffer.alloc(3) })],
  ["empty data", data(1, "")],
  ["windows that nobody needs", windowUpdate(1, 1)],
  ["resets of what is over", reset(3, 8)],
] as const)
  test(`a flood of ${what} ends the connection`, () => {
    const bench = serverBench();
    bench.say(headers(1, post, open), headers(3, get), reset(3, 8));
    for (let count = 0; count < idleBurst + 10 && bench.over === undefined; count += 1) bench.say(piece);
    assert.notEqual(bench.over, undefined);
  });

test("headers that never end are not kept", () => {
  const bench = serverBench();
  bench.say(begun);
  const more = frame({ type: 9, stream: 1, payload: Buffer.alloc(16_384) });
  assert.deepEqual(
    [more, more, more].flatMap((piece) => inShort(bench.say(piece))),
    ["goaway 11"],
  );
});

test("data goes as far as the windows reach, in turns, and on when they grow", () => {
  const bench = serverBench();
  bench.say(settingsFrame([4, 10]), headers(1, get), headers(3, get));
  const [one, other] = bench.heard;
  assert.ok(one && other);
  for (const { stream } of [one, other]) bench.session.respond(stream, 200, [], false);
  assert.equal(one.stream.write(Buffer.alloc(25)), false);
  assert.equal(other.stream.write(Buffer.alloc(5)), true);
  one.stream.end(["x", "y"]);
  assert.deepEqual(inShort(bench.said()), ["headers 1", "headers 3", "data 1 10", "data 3 5"]);
  assert.deepEqual(inShort(bench.say(windowUpdate(1, 10))), ["data 1 10"]);
  // All windows of streams grow with the setting.
  assert.deepEqual(inShort(bench.say(settingsFrame([4, 15]))), ["data 1 5", "headers 1 end"]);
});

test("a window that shrinks below nothing is made up for first", () => {
  const bench = serverBench();
  bench.say(headers(1, get));
  const [heard] = bench.heard;
  assert.ok(heard);
  bench.session.respond(heard.stream, 200, [], false);
  heard.stream.write(Buffer.alloc(1_000));
  bench.said();
  bench.say(settingsFrame([4, 500]));
  heard.stream.write(Buffer.alloc(100));
  assert.deepEqual(inShort(bench.say(windowUpdate(1, 500))), []);
  assert.deepEqual(inShort(bench.say(windowUpdate(1, 40))), ["data 1 40"]);
  assert.deepEqual([inShort(bench.say(windowUpdate(1, 1_000))), heard.writable], [["data 1 60"], 1]);
});

test("while the socket has enough, data waits with its stream", () => {
  const bench = serverBench();
  bench.say(headers(1, get));
  const [heard] = bench.heard;
  assert.ok(heard);
  bench.session.respond(heard.stream, 200, [], false);
  bench.session.sender.isFull = true;
  assert.equal(heard.stream.write(Buffer.alloc(100)), false);
  assert.deepEqual(inShort(bench.said()), ["headers 1"]);
  bench.session.sender.isFull = false;
  assert.deepEqual([inShort(bench.said()), heard.writable], [["data 1 100"], 1]);
});

test("who says more than the windows is cut, and a stream that nobody reads gets no more of one", () => {
  const bench = serverBench();
  bench.say(headers(1, post, open), headers(3, post, open));
  const [heard] = bench.heard;
  assert.ok(heard);
  heard.stream.pause();
  const piece = data(1, "x".repeat(16_384));
  const said = Array.from({ length: 16 }, () => bench.say(piece)).flat();
  assert.deepEqual(
    said.filter(({ type, stream }) => type === frameType.windowUpdate && stream === 1),
    [],
  );
  assert.deepEqual(inShort(bench.say(piece)), ["reset 1 3"]);
  const other = Array.from({ length: 100 }, () => bench.say(data(3, "x".repeat(16_384)))).flat();
  assert.deepEqual([inShort(other), bench.over], [[], undefined]);
});

test("a stream that is read again is given back what it had", () => {
  const bench = serverBench();
  bench.say(headers(1, post, open));
  const [heard] = bench.heard;
  assert.ok(heard);
  heard.stream.pause();
  for (let count = 0; count < 16; count += 1) bench.say(data(1, "x".repeat(16_384)));
  heard.stream.resume();
  const given = bench.said().find(({ type, stream }) => type === frameType.windowUpdate && stream === 1);
  assert.equal(given?.payload.readUInt32BE(0), 16 * 16_384);
});

test("past what may lie here, nothing more is asked for on the connection until some of it is taken", () => {
  const bench = serverBench({ heldBytes: 500_000 });
  const piece = "x".repeat(16_384);
  const given = () => bench.said().filter(({ type, stream }) => type === frameType.windowUpdate && stream === 0).length;
  for (const id of [1, 3, 5]) {
    bench.say(headers(id, post, open));
    bench.heard.at(-1)?.stream.pause();
  }
  let credits = 0;
  for (let count = 0; count < 15; count += 1)
    for (const id of [1, 3, 5]) {
      bench.session.receive(data(id, piece), 9 + piece.length);
      credits += given();
    }
  assert.equal(credits, 0);
  bench.heard[0]?.stream.resume();
  assert.equal(given(), 1);
});

test("who is bidden go may still open what was on its way, and is told the last stream when it has heard", () => {
  const bench = serverBench();
  bench.say(headers(1, get));
  bench.session.bidGo();
  const [goaway, asked] = bench.said();
  assert.equal(goaway?.payload.readUInt32BE(0), 2 ** 31 - 1);
  bench.say(headers(3, get));
  assert.equal(bench.heard.length, 2);
  const [last] = bench.say({ type: frameTypes.ping, flags: 1, payload: asked?.payload ?? Buffer.alloc(8) });
  assert.equal(last?.payload.readUInt32BE(0), 3);
  assert.deepEqual(inShort(bench.say(headers(5, get))), ["reset 5 7"]);
  assert.equal(bench.session.streams.size, 2);
});

test("what doesn't begin as HTTP/2 is none", () => {
  for (const begin of [
    [Buffer.from("GET / HTTP/1.1\r\nhost: a.test\r\n\r\n")],
    [preface, ping],
    [preface, frame({ type: frameTypes.settings, flags: flags.ack })],
  ]) {
    const bench = serverBench({}, begin);
    assert.notEqual(bench.over, undefined);
  }
});

test("the preface may come in pieces", () => {
  const bench = serverBench({}, []);
  for (const byte of preface) bench.say(Buffer.from([byte]));
  bench.say(settingsFrame(), headers(1, get));
  assert.equal(bench.heard.length, 1);
});
