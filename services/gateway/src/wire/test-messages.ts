import fc from "fast-check";

/** Messages that are nearly right, and some that are: from pieces of which each may be odd, with a few bytes changed afterwards. */
const line = fc.constantFrom(
  "Accept: */*",
  "X-A:b",
  "x-empty:",
  "X-Blank: \t ",
  "x-tab: a\tb \t",
  "x-high: \xe9\xff",
  "x_under: 1",
  "x!#$%&'*+-.^`|~: 1",
  "X-Bad Name: 1",
  "x-space : 1",
  " x-folded: 1",
  ": nameless",
  "no colon",
  "x-nul: a\0b",
  "x-cr: a\rb",
  "x-lf: a\nb",
  "x-vt: \x0b",
  "Connection: close",
  "Connection: keep-alive",
  "connection: Close, x-a",
  "Content-Length: 0",
  "Content-Length: 5",
  "content-length: 05",
  "Content-Length: 5, 5",
  "Content-Length: +5",
  "Content-Length: 5 ",
  "Content-Length: 0x5",
  "Content-Length: 99999999999999999999",
  "Content-Length:",
  "Transfer-Encoding: chunked",
  "transfer-encoding: Chunked",
  "Transfer-Encoding: chunked, chunked",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: identity",
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding:",
  "Trailer: x-t",
);

const chunkSize = fc.constantFrom(
  "5",
  "05",
  "5;a=b",
  '5;a="b;c"',
  "5 ;a",
  "5;",
  "0x5",
  "+5",
  "",
  "5\t",
  "g",
  "ffffffffffffffff5",
);
const chunks = fc
  .tuple(
    fc.array(fc.oneof({ weight: 4, arbitrary: fc.constant("5") }, chunkSize), { maxLength: 3 }),
    fc.constantFrom(
      "0\r\n\r\n",
      "0\r\n\r\n",
      "00\r\n\r\n",
      "0\r\nx-t: 1\r\n\r\n",
      "0\r\nbad\r\n\r\n",
      "0;e\r\n\r\n",
      "0\n\n",
      "",
    ),
  )
  .map(([sizes, last]) => sizes.map((size) => `${size}\r\nhello\r\n`).join("") + last);

const body = fc.oneof(fc.constantFrom("", "", "hello", "hello!", "hell"), chunks);

const headers = fc.oneof(
  { weight: 2, arbitrary: fc.array(line, { maxLength: 4 }) },
  fc.array(fc.constantFrom("Accept: */*", "X-A:b", "Connection: keep-alive", "x-high: \xe9"), { maxLength: 3 }),
);
const framing = fc.constantFrom<readonly string[]>(
  [],
  ["Content-Length: 5"],
  ["Transfer-Encoding: chunked"],
  ["Transfer-Encoding: chunked", "Content-Length: 5"],
);

const firstLine = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      "GET / HTTP/1.1",
      "POST /a?b=c HTTP/1.1",
      "PUT http://b.test/x?y HTTP/1.1",
      "HEAD /%20 HTTP/1.1",
    ),
  },
  fc.constantFrom(
    "GET / HTTP/1.0",
    "OPTIONS * HTTP/1.1",
    "GET http://b.test HTTP/1.1",
    "GET /a b HTTP/1.1",
    "GET  / HTTP/1.1",
    "GET /",
    "get / HTTP/1.1",
    "GETX / HTTP/1.1",
    "GET / HTTP/1.2",
    "GET / HTTP/2.0",
    "GET / http/1.1",
    "GET /\xe9 HTTP/1.1",
    "GET / HTTP/1.1 ",
    "GET\t/ HTTP/1.1",
    "GET x HTTP/1.1",
  ),
);
const host = fc.oneof(
  { weight: 8, arbitrary: fc.constant<readonly string[]>(["Host: a.test"]) },
  fc.constantFrom<readonly string[]>([], ["host: a.test", "Host: b.test"], ["Host: a b"], ["Host: [::1]:80"]),
);

const message = (first: fc.Arbitrary<string>, hosts: fc.Arbitrary<readonly string[]>): fc.Arbitrary<string> =>
  fc
    .tuple(first, hosts, headers, framing, body)
    .map(([start, host, more, how, rest]) => `${[start, ...host, ...more, ...how].join("\r\n")}\r\n\r\n${rest}`);

const nasty = fc.constantFrom(...Array.from("\r\n\0\t :;,+-0159afxX\x0b\x7f\xff"), "\r\n", "\n\n", "");

/** One to three places where something else stands than did. */
const mutated = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(text, fc.array(fc.tuple(fc.nat(), fc.nat(2), nasty), { maxLength: 3 })).map(([whole, changes]) =>
    changes.reduce((bytes, [place, gone, put]) => {
      const at = place % (bytes.length + 1);
      return bytes.slice(0, at) + put + bytes.slice(at + gone);
    }, whole),
  );

export const requests = fc
  .array(fc.oneof(message(firstLine, host), mutated(message(firstLine, host))), { minLength: 1, maxLength: 3 })
  .map((list) => list.join(""));

const statusLine = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom("HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found", "HTTP/1.1 204 ", "HTTP/1.1 304 x"),
  },
  fc.constantFrom(
    "HTTP/1.0 200 OK",
    "HTTP/1.1 200",
    "HTTP/1.1 20 OK",
    "HTTP/1.1 2000 OK",
    "HTTP/1.1  200 OK",
    "HTTP/2.0 200 OK",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK",
    "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK",
    "ICY 200 OK",
  ),
);
const nobody = fc.constant<readonly string[]>([]);

export const responses = fc.oneof(message(statusLine, nobody), mutated(message(statusLine, nobody)));
