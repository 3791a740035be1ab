import type { HeaderList, Inbound } from "./inbound.ts";

/**
 * Headers that are between two neighbours only, and so never passed on (RFC 9110 §7.6.1), and those that the next hop makes
 * for itself. `te` stays when it says `trailers`, which gRPC asks for.
 */
const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "host",
  "expect",
]);

/** Ours, and only ours to say: whoever sends them from outside is not believed. */
const ownPrefix = "x-sluice-";

export type Added = {
  readonly requestId: () => string;
  readonly traceparent: () => string;
  /** On the way to another gateway: who passes it on, and the channel that was chosen. */
  readonly hop?: { readonly gateway: string; readonly channel: string };
};

/** The request's headers as the pool gets them, in the order they came. */
export function requestHeaders(inbound: Inbound, to: "http1" | "http2", added: Added): string[] {
  const { headers } = inbound;
  const named = namedByConnection(headers);
  const list: string[] = [];
  let [hasId, hasTrace, forwarded, via, cookie] = [false, false, "", "", ""];
  for (let index = 0; index < headers.length; index += 2) {
    const [name, value] = [headers[index] as string, headers[index + 1] as string];
    if (hopByHop.has(name) || named?.has(name) || name.startsWith(ownPrefix)) continue;
    if (name === "te") {
      if (to === "http2" && value.toLowerCase() === "trailers") list.push(name, value);
      continue;
    }
    // HTTP/2 may send a cookie in crumbs; in HTTP/1.1 there is one header of them (RFC 9113 §8.2.3).
    if (name === "cookie" && to === "http1") cookie = cookie === "" ? value : `${cookie}; ${value}`;
    else if (name === "x-forwarded-for") forwarded = forwarded === "" ? value : `${forwarded}, ${value}`;
    else if (name === "via") via = via === "" ? value : `${via}, ${value}`;
    else if (name !== "x-forwarded-proto" && name !== "x-forwarded-host") {
      if (name === "x-request-id") hasId = true;
      else if (name === "traceparent") hasTrace = true;
      list.push(name, value);
    } else if (inbound.hop) list.push(name, value);
  }
  if (cookie !== "") list.push("cookie", cookie);
  if (!hasId) list.push("x-request-id", added.requestId());
  if (!hasTrace) list.push("traceparent", added.traceparent());
  const own = `${inbound.protocol === "http1" ? "1.1" : "2"} sluice`;
  list.push("via", via === "" ? own : `${via}, ${own}`);
  if (inbound.hop) list.push("x-forwarded-for", forwarded);
  else {
    list.push("x-forwarded-for", forwarded === "" ? inbound.remoteAddress : `${forwarded}, ${inbound.remoteAddress}`);
    list.push("x-forwarded-proto", inbound.isTls ? "https" : "http", "x-forwarded-host", inbound.authority);
  }
  if (added.hop) list.push("x-sluice-hop", added.hop.gateway, "x-sluice-channel", added.hop.channel);
  return list;
}

/** The answer's headers as the client gets them. What another gateway of ours says stays; from a pool `x-sluice-` is not believed. */
export function responseHeaders(headers: HeaderList, isFromGateway: boolean): string[] {
  const named = namedByConnection(headers);
  const list: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (hopByHop.has(name) || named?.has(name)) continue;
    if (!isFromGateway && name.startsWith(ownPrefix)) continue;
    list.push(name, headers[index + 1] as string);
  }
  return list;
}

/** What `Connection` names is between neighbours too (RFC 9110 §7.6.1). */
function namedByConnection(headers: HeaderList): ReadonlySet<string> | undefined {
  let named: Set<string> | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== "connection") continue;
    for (const part of (headers[index + 1] as string).split(",")) {
      const name = part.trim().toLowerCase();
      if (name === "keep-alive" || name === "close" || name === "") continue;
      named ??= new Set();
      named.add(name);
    }
  }
  return named;
}

/** The value of that header; of repeated ones, all of them joined (RFC 9110 §5.3). */
export function headerOf(headers: HeaderList, wanted: string): string | undefined {
  let found: string | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== wanted) continue;
    const value = headers[index + 1] as string;
    found = found === undefined ? value : `${found}, ${value}`;
  }
  return found;
}
