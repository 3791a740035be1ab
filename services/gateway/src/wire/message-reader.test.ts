import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { factsOf } from "./framing.ts";
import { requests, responses } from "./test-messages.ts";
import { readRequests, readResponse } from "./test-read.ts";

const cuts = fc.array(fc.nat(), { maxLength: 12 });
const eachByte = (text: string): number[] => Array.from({ length: text.length }, (_, at) => at);

test("requests are the same in however many pieces they come", () => {
  fc.assert(
    fc.property(requests, cuts, (text, places) => {
      const whole = readRequests(text);
      for (const some of [places, eachByte(text)]) {
        const { messages, end } = readRequests(text, some);
        assert.deepEqual([messages, end], [whole.messages, whole.end]);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("answers are the same in however many pieces they come", () => {
  fc.assert(
    fc.property(responses, fc.boolean(), cuts, (text, isForHead, places) => {
      const whole = readResponse(text, isForHead);
      for (const some of [places, eachByte(text)]) {
        const { messages, end } = readResponse(text, isForHead, some);
        assert.deepEqual([messages, end], [whole.messages, whole.end]);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("a length of several zeros is none too, or the answer would end with the next byte only", () => {
  for (const zeros of ["0", "00", "000"])
    assert.deepEqual(factsOf(["content-length", zeros], true).framing, { kind: "none" }, zeros);
});

const refused: readonly (readonly [what: string, text: string, status?: number])[] = [
  ["a length and an encoding", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["an encoding and a length", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"],
  [
    "two lengths, if they are alike too",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
  ],
  ["a list of lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\na"],
  ["an empty length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n"],
  ["chunked twice", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["another encoding before chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"],
  ["chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  [
    "an encoding in a name of upper case that isn't chunked",
    "POST / HTTP/1.1\r\nHost: a\r\nTRANSFER-ENCODING: x\r\n\r\n",
  ],
  ["a bare LF between headers", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"],
  ["a bare LF at the end", "GET / HTTP/1.1\nHost: a\n\n"],
  ["a bare CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"],
  ["a NUL", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0\r\n\r\n"],
  ["a blank before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n"],
  ["a folded line", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"],
  ["a first line that is folded", "GET / HTTP/1.1\r\n X: a\r\nHost: a\r\n\r\n"],
  ["no name", "GET / HTTP/1.1\r\nHost: a\r\n: a\r\n\r\n"],
  ["no colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"],
  ["a name that is no token", "GET / HTTP/1.1\r\nHost: a\r\nX(: a\r\n\r\n"],
  ["no host", "GET / HTTP/1.1\r\n\r\n"],
  ["two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"],
  ["a host that is none", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"],
  ["a host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"],
  ["a URL with a user", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a fragment", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a relative path", "GET a HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["bytes beyond ASCII in the path", "GET /\xe4 HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["an asterisk for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a method in lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["no version", "GET /\r\nHost: a\r\n\r\n"],
  ["a version that there is not", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505],
  ["CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405],
  ["too many headers", `GET / HTTP/1.1\r\nHost: a\r\n${"x: y\r\n".repeat(50)}\r\n`, 431],
  ["headers that are too long", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(9_000)}\r\n\r\n`, 431],
  ["headers that are too long and don't end", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(9_000)}`, 431],
];

for (const [what, text, status = 400] of refused) {
  test(`refused with ${status}: ${what}`, () => {
    const whole = readRequests(text);
    assert.deepEqual(whole, { messages: [], end: "malformed", status });
    assert.deepEqual(readRequests(text, eachByte(text)).messages, []);
  });
}

const chunked = (body: string) => `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;
const badChunks: readonly (readonly [what: string, body: string])[] = [
  ["a size with a prefix", "0x1\r\na\r\n0\r\n\r\n"],
  ["a size with a sign", "+1\r\na\r\n0\r\n\r\n"],
  ["a blank behind the size", "1 \r\na\r\n0\r\n\r\n"],
  ["no size", "\r\na\r\n0\r\n\r\n"],
  ["a size past all numbers", "10000000000000000\r\na"],
  ["a size with zeros past all reason", `${"0".repeat(20)}1\r\na\r\n0\r\n\r\n`],
  ["data that goes on", "1\r\nab\r\n0\r\n\r\n"],
  ["a size that ends in a bare LF", "1\na\r\n0\r\n\r\n"],
  ["data that ends in a bare LF", "1\r\na\n0\r\n\r\n"],
  ["an extension without a name", "1;\r\na\r\n0\r\n\r\n"],
  ["an extension with a line end", '1;a="\n"\r\na\r\n0\r\n\r\n'],
  ["extensions without end", `${`1;${"a".repeat(400)}\r\na\r\n`.repeat(20)}0\r\n\r\n`],
  ["a trailer that is none", "0\r\nx y: z\r\n\r\n"],
  ["a trailer that says how long the body is", "0\r\nContent-Length: 5\r\n\r\n"],
  ["trailers without end", `0\r\nx: ${"y".repeat(9_000)}`],
];

for (const [what, body] of badChunks) {
  test(`refused in a chunked body: ${what}`, () => {
    const { messages, end } = readRequests(chunked(body));
    assert.deepEqual([messages, end], [[], "malformed"]);
  });
}

test("requests behind one another are two, and what a body holds is none", () => {
  const hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
  const text = `POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}GET /2 HTTP/1.1\r\nHost: a\r\n\r\n`;
  const { messages } = readRequests(text);
  assert.deepEqual(
    messages.map(({ head, body }) => [head.path, body]),
    [
      ["/1", hidden],
      ["/2", ""],
    ],
  );
});

test("extensions are left out, and trailers are not", () => {
  const [message] = readRequests(chunked('5;a=b;c="d;e"\r\nhello\r\n0;last\r\nX-Sum: 1\r\n\r\n')).messages;
  assert.deepEqual([message?.body, message?.trailers], ["hello", ["x-sum", "1"]]);
});

test("an answer to HEAD, 204 and 304 has no body, whatever it says of one", () => {
  const ends = (text: string, isForHead: boolean): string => readResponse(text, isForHead).end;
  assert.equal(ends("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true), "at-start");
  assert.equal(ends("HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n", false), "at-start");
  assert.equal(ends("HTTP/1.1 204 x\r\n\r\nhello", false), "rest");
  assert.equal(ends("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", false), "unfinished");
  assert.equal(ends("HTTP/1.1 200 OK\r\n\r\nhell", false), "until-close");
});
