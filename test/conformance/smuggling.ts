import type { Capability } from "./plane.ts";

/** Bytes that one reader takes for one request and another for two, or for none. */
export type Shape = {
  readonly what: string;
  readonly bytes: (host: string) => readonly string[];
  /** A careful reader may also take it for what it most plainly is, and pass on one request. */
  readonly mayPass?: true;
  readonly needs?: readonly Capability[];
};

const post = (host: string, headers: readonly string[], body: string): readonly string[] => [
  [`POST /echo HTTP/1.1`, `host: ${host}`, ...headers, "", body].join("\r\n"),
];
const hidden = (host: string): string => `GET /smuggled HTTP/1.1\r\nhost: ${host}\r\nx-call: smuggled\r\n\r\n`;
const chunked = "transfer-encoding: chunked";

type More = Pick<Shape, "mayPass" | "needs">;
type Headers = readonly string[] | ((host: string) => readonly string[]);

/** A body that ends where one reader thinks, with a request behind it for the other. */
const row = (what: string, headers: Headers, body: (host: string) => string, more: More = {}): Shape => ({
  what,
  bytes: (host) => post(host, typeof headers === "function" ? headers(host) : headers, body(host)),
  ...more,
});

const inTwo = (host: string): string => `0\r\n\r\n${hidden(host)}`;
/** By this length what hides is part of the body; by chunks it is a request. */
const whole = (host: string): string => `content-length: ${inTwo(host).length}`;
const careful: More = { mayPass: true };
const strict: More = { needs: ["strict-http1"] };

export const shapes: readonly Shape[] = [
  row(
    "content-length and chunked",
    (host) => [whole(host), chunked],
    () => "0\r\n\r\n",
    careful,
  ),
  row("chunked and content-length, with a request behind", (host) => [chunked, whole(host)], inTwo, careful),
  row("two lengths that differ", ["content-length: 0", "content-length: 200"], hidden),
  row("two lengths in one header", ["content-length: 0, 200"], hidden),
  row("a length with a sign", ["content-length: +0"], hidden),
  row("a length in hexadecimal", ["content-length: 0x5"], () => "12345"),
  row("a negative length", ["content-length: -1"], hidden),
  row("a length past all numbers", ["content-length: 99999999999999999999999"], () => "x"),
  row("a length that is no number", ["content-length: five"], () => "12345"),
  row("an encoding that only looks like chunked", (host) => ["transfer-encoding: xchunked", whole(host)], inTwo),
  row("chunked twice", [chunked, "transfer-encoding: chunked"], inTwo),
  row("chunked, and then something else", ["transfer-encoding: chunked, identity"], inTwo),
  row("a space before the colon", (host) => ["transfer-encoding : chunked", whole(host)], inTwo),
  row("a folded header", (host) => ["transfer-encoding:\r\n chunked", whole(host)], inTwo, careful),
  row("a header that begins with a space", (host) => [" transfer-encoding: chunked", whole(host)], inTwo),
  row("an encoding behind a vertical tab", (host) => ["transfer-encoding: \x0bchunked", whole(host)], inTwo),
  row("a NUL in a header", ["x-nul: a\0b", "content-length: 0"], () => ""),
  row("a bare CR in a header", [`x-cr: a\rx-call: smuggled`, "content-length: 0"], () => ""),
  row("a chunk size with a prefix", [chunked], (host) => `0x0\r\n\r\n${hidden(host)}`),
  row("a chunk size with a sign", [chunked], (host) => `+0\r\n\r\n${hidden(host)}`),
  row("a chunk size past all numbers", [chunked], () => "ffffffffffffffffff\r\nx\r\n0\r\n\r\n"),
  row("a chunk size that is no number", [chunked], () => "z\r\nx\r\n0\r\n\r\n"),
  row("a chunk longer than its size", [chunked], (host) => `1\r\nxx\r\n0\r\n\r\n${hidden(host)}`),
  row("chunks that end in a bare LF", [chunked], (host) => `1\nx\n0\n\n${hidden(host)}`, strict),
  {
    what: "header lines that end in a bare LF",
    bytes: (host) => [`GET /echo HTTP/1.1\nhost: ${host}\nconnection: close\n\n`],
    mayPass: true,
  },
  { what: "two hosts", bytes: (host) => [`GET /echo HTTP/1.1\r\nhost: ${host}\r\nhost: evil.example\r\n\r\n`] },
  { what: "no host", bytes: () => ["GET /echo HTTP/1.1\r\n\r\n"] },
  { what: "a request line without a version", bytes: (host) => [`GET /echo\r\nhost: ${host}\r\n\r\n`] },
  { what: "a version that there is not", bytes: (host) => [`GET /echo HTTP/3.7\r\nhost: ${host}\r\n\r\n`], ...strict },
  { what: "a space in the path", bytes: (host) => [`GET /a b HTTP/1.1\r\nhost: ${host}\r\n\r\n`] },
  { what: "CONNECT", bytes: (host) => [`CONNECT ${host}:443 HTTP/1.1\r\nhost: ${host}\r\n\r\n`] },
  { what: "no HTTP at all", bytes: () => ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03hello\r\n\r\n"] },
  { what: "half of HTTP/2's preface", bytes: () => ["PRI * HTTP/2.0\r\n\r\nSM\r\n", "no\r\n\r\n"] },
];
