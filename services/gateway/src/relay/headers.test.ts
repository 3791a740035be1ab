import assert from "node:assert/strict";
import { test } from "node:test";
import { headerOf, requestHeaders, responseHeaders } from "./headers.ts";
import type { Inbound } from "./inbound.ts";

const inboundWith = (headers: readonly string[], more: Partial<Inbound> = {}): Inbound =>
  ({
    protocol: "http1",
    headers,
    authority: "chat.test",
    isTls: false,
    remoteAddress: "192.0.2.7",
    hop: undefined,
    ...more,
  }) as Inbound;

const ids = { requestId: () => "id-1", traceparent: () => "00-t-s-01" };
const passed = (headers: readonly string[], more: Partial<Inbound> = {}, to: "http1" | "http2" = "http1"): string[] =>
  requestHeaders(inboundWith(headers, more), to, ids);

test("what is between two neighbours stays between them, also what Connection names", () => {
  const list = passed([
    "host",
    "chat.test",
    "connection",
    "keep-alive, X-Private",
    "x-private",
    "1",
    "keep-alive",
    "timeout=5",
    "transfer-encoding",
    "chunked",
    "upgrade",
    "h2c",
    "http2-settings",
    "AAM",
    "proxy-authorization",
    "Basic x",
    "expect",
    "100-continue",
    "te",
    "trailers",
    "accept",
    "text/plain",
  ]);
  for (const name of [
    "host",
    "connection",
    "x-private",
    "keep-alive",
    "transfer-encoding",
    "upgrade",
    "te",
    "expect",
  ]) {
    assert.equal(headerOf(list, name), undefined, name);
  }
  assert.equal(headerOf(list, "accept"), "text/plain");
});

test("Connection can't name what the next hop relies on away", () => {
  const list = passed(["connection", "close, x-forwarded-for, x-request-id", "x-request-id", "from-client"]);
  assert.equal(headerOf(list, "x-forwarded-for"), "192.0.2.7");
  assert.equal(headerOf(list, "x-request-id"), "id-1");
});

test("`te: trailers`, which gRPC needs, passes over HTTP/2", () => {
  assert.equal(headerOf(passed(["te", "trailers"], {}, "http2"), "te"), "trailers");
  assert.equal(headerOf(passed(["te", "gzip"], {}, "http2"), "te"), undefined);
});

test("nobody outside can say what only a gateway may say", () => {
  const list = passed(["x-sluice-hop", "gateway-b", "x-sluice-channel", "canary", "x-sluice-anything", "1"]);
  assert.deepEqual(
    list.filter((_, index) => index % 2 === 0).filter((name) => name.startsWith("x-sluice-")),
    [],
  );
});

test("on the way to another gateway it says who passes it on, and the channel", () => {
  const hop = { gateway: "gateway-a", channel: "canary" };
  const list = requestHeaders(inboundWith(["x-sluice-channel", "stable"]), "http1", { ...ids, hop });
  assert.equal(headerOf(list, "x-sluice-hop"), "gateway-a");
  assert.equal(headerOf(list, "x-sluice-channel"), "canary");
});

test("an id and a trace are kept, or made", () => {
  const kept = passed(["x-request-id", "mine", "traceparent", "00-aa-bb-00"]);
  assert.equal(headerOf(kept, "x-request-id"), "mine");
  assert.equal(headerOf(kept, "traceparent"), "00-aa-bb-00");
  const made = passed([]);
  assert.equal(headerOf(made, "x-request-id"), "id-1");
  assert.equal(headerOf(made, "traceparent"), "00-t-s-01");
});

test("the client's address is added once, at the first gateway; what the client claims stands before it", () => {
  assert.equal(headerOf(passed(["x-forwarded-for", "203.0.113.9"]), "x-forwarded-for"), "203.0.113.9, 192.0.2.7");
  const hop = { gateway: "gateway-a", from: "site-a" };
  const list = passed(["x-forwarded-for", "203.0.113.9", "x-forwarded-proto", "https"], {
    hop,
    remoteAddress: "10.0.0.1",
  });
  assert.equal(headerOf(list, "x-forwarded-for"), "203.0.113.9");
  assert.equal(headerOf(list, "x-forwarded-proto"), "https");
});

test("who says it came by TLS isn't believed", () => {
  assert.equal(headerOf(passed(["x-forwarded-proto", "https"]), "x-forwarded-proto"), "http");
});

test("repeated headers stay repeated, in order", () => {
  const list = passed(["accept", "a", "x-one", "1", "accept", "b"]);
  assert.deepEqual(list.slice(0, 6), ["accept", "a", "x-one", "1", "accept", "b"]);
  assert.equal(headerOf(list, "accept"), "a, b");
});

test("but for a cookie in crumbs: HTTP/1.1 has one header of them", () => {
  assert.equal(headerOf(passed(["cookie", "a=1", "cookie", "b=2"]), "cookie"), "a=1; b=2");
});

test("a pool's answer can't speak for the gateway; another gateway's can", () => {
  const headers = ["x-sluice-reason", "no-pool", "connection", "x-a", "x-a", "1", "x-b", "2"];
  assert.deepEqual(responseHeaders(headers, false), ["x-b", "2"]);
  assert.deepEqual(responseHeaders(headers, true), ["x-sluice-reason", "no-pool", "x-b", "2"]);
});
