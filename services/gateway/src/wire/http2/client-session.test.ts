import assert from "node:assert/strict";
import { test } from "node:test";
import { frame, frameTypes } from "../../../../../test/conformance/clients/frames.ts";
import { clientBench, data, type Heard, headers, inShort, open, reset, settingsFrame } from "./test-session.ts";

const goaway = (last: number, code = 0): Buffer => {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(last);
  payload.writeUInt32BE(code, 4);
  return frame({ type: frameTypes.goaway, payload });
};
const seen = ({ head, body, trailers, ends }: Heard): unknown => [head?.status, body, trailers, ends];

test("an answer with a body, trailers, and a word before", () => {
  const { bench, ask } = clientBench();
  const heard = ask();
  assert.deepEqual(inShort(bench.said()), ["headers 1 end"]);
  bench.say(headers(1, [":status", "103", "link", "x"], open), headers(1, [":status", "200", "x-a", "1"], open));
  bench.say(data(1, "body"), headers(1, ["grpc-status", "0", "grpc-message", "with a blank "]));
  assert.deepEqual(seen(heard), [200, "body", ["grpc-status", "0", "grpc-message", "with a blank"], ["end"]]);
  assert.deepEqual(heard.head?.headers, ["x-a", "1"]);
});

test("an answer of one block", () => {
  const { bench, ask } = clientBench();
  const heard = ask("POST", false);
  bench.say(headers(1, [":status", "200", "grpc-status", "5"]));
  assert.deepEqual(seen(heard), [200, "", [], ["end"]]);
});

test("what describes a body that isn't there has none", () => {
  const { bench, ask } = clientBench();
  const [head, notModified] = [ask("HEAD"), ask()];
  bench.say(headers(1, [":status", "200", "content-length", "9"]));
  bench.say(headers(3, [":status", "304", "content-length", "9"]));
  assert.deepEqual([head.ends, notModified.ends], [["end"], ["end"]]);
});

for (const [what, pieces] of [
  ["without a status", [headers(1, ["x", "y"])]],
  ["with a status that is none", [headers(1, [":status", "99"])]],
  ["that changes the protocol", [headers(1, [":status", "101"])]],
  ["with a request's pseudo-header", [headers(1, [":status", "200", ":path", "/"])]],
  ["with a connection header", [headers(1, [":status", "200", "connection", "close"])]],
  ["with a line break", [headers(1, [":status", "200", "x", "a\nb"])]],
  ["with two lengths", [headers(1, [":status", "200", "content-length", "1", "content-length", "2"])]],
  ["whose body comes first", [data(1, "x")]],
  ["that ends before it begins", [headers(1, [":status", "100"])]],
  ["whose body is too long", [headers(1, [":status", "200", "content-length", "1"], open), data(1, "xx")]],
  ["whose body is too short", [headers(1, [":status", "200", "content-length", "3"], open), data(1, "xx", true)]],
  ["whose body isn't there", [headers(1, [":status", "200", "content-length", "3"])]],
  ["whose headers are too long", [headers(1, [":status", "200", "x", "y".repeat(16_340)])]],
  ["whose trailers say what it is", [headers(1, [":status", "200"], open), headers(1, [":status", "200"])]],
] as const)
  test(`an answer ${what} is malformed, and others go on`, () => {
    const { bench, ask } = clientBench();
    const [heard, other] = [ask(), ask()];
    bench.said();
    assert.deepEqual(inShort(bench.say(...pieces)), ["reset 1 1"]);
    assert.deepEqual(heard.ends, ["lost"]);
    bench.say(headers(3, [":status", "200"]));
    assert.deepEqual([bench.over, other.ends], [undefined, ["end"]]);
  });

test("words before the answer are not borne without end", () => {
  const { bench, ask } = clientBench();
  const heard = ask();
  for (let count = 0; count < 17; count += 1) bench.say(headers(1, [":status", "103"], open));
  assert.deepEqual(heard.ends, ["lost"]);
});

test("an endpoint that leaves says what it will not look at, and that may go elsewhere", () => {
  const { bench, ask } = clientBench();
  const [one, other] = [ask(), ask()];
  bench.say(goaway(1));
  assert.deepEqual([bench.isGoing, one.ends, other.ends], [true, [], ["reset 7"]]);
  bench.say(headers(1, [":status", "200"]));
  assert.deepEqual(one.ends, ["end"]);
});

test("a reset says why, and a lost connection says nothing", () => {
  const { bench, ask } = clientBench();
  const [one, other] = [ask(), ask()];
  bench.say(reset(1, 7));
  bench.session.lost("gone");
  assert.deepEqual([one.ends, other.ends], [["reset 7"], ["lost"]]);
});

for (const [what, piece] of [
  ["an answer to nothing", headers(7, [":status", "200"])],
  ["a stream of its own", headers(2, [":status", "200"])],
  ["a push", frame({ type: 5, stream: 1, payload: Buffer.alloc(8) })],
  ["a wish to push", settingsFrame([2, 1])],
] as const)
  test(`${what} ends the connection`, () => {
    const { bench, ask } = clientBench();
    const heard = ask();
    bench.say(piece);
    assert.notEqual(bench.over, undefined);
    assert.deepEqual(heard.ends, ["lost"]);
  });

test("what was broken off here is let pass when it still comes", () => {
  const { bench, ask } = clientBench();
  const heard = ask();
  heard.stream.reset(8);
  bench.say(headers(1, [":status", "200"], open), data(1, "x"), headers(1, ["x", "y"]), reset(1, 0));
  assert.deepEqual([bench.over, heard.ends, bench.session.streams.size], [undefined, [], 0]);
});

test("a body waits for the window that the endpoint gives", () => {
  const { bench, ask } = clientBench([[4, 4]]);
  const heard = ask("POST", false);
  heard.stream.write(Buffer.from("123456"));
  heard.stream.end();
  assert.deepEqual(inShort(bench.said()), ["headers 1", "data 1 4"]);
  assert.deepEqual(inShort(bench.say(settingsFrame([4, 10]))), ["data 1 2 end"]);
});
