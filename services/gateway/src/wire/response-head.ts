import { fieldOf, hasToken, isValue, parseFields } from "./fields.ts";
import { type Framing, factsOf, none, untilClose } from "./framing.ts";
import { type Malformed, malformed } from "./malformed.ts";

export type ResponseHead = {
  readonly kind: "response";
  readonly status: number;
  /** Names in lower case. */
  readonly headers: readonly string[];
  readonly framing: Framing;
  /** The connection will take another request. */
  readonly isKept: boolean;
  /** Unit: seconds. For how long it says that it keeps an idle connection. */
  readonly keptSeconds: number | undefined;
};

/** An answer's head, up to the empty line at `end`. That of a HEAD request describes a body which isn't there. */
export function parseResponseHead(text: string, end: number, isForHead: boolean): ResponseHead | Malformed {
  const isHttp11 = text.startsWith("HTTP/1.1 ");
  if (!isHttp11 && !text.startsWith("HTTP/1.0 ")) return malformed("the answer begins with no version of HTTP/1");
  const lineEnd = text.indexOf("\r\n");
  const status = Number(text.slice(9, 12));
  const isStatus = /^[1-5]\d\d$/.test(text.slice(9, 12)) && (lineEnd === 12 || text[12] === " ");
  if (!isStatus || !isValue(text.slice(12, lineEnd))) return malformed("the status line is malformed");
  const headers = parseFields(text, lineEnd + 2, end);
  if (headers === undefined) return malformed("a header line of the answer is malformed");
  const { framing, connection } = factsOf(headers, isHttp11);
  if (framing === "malformed") return malformed("the length of the answer is ambiguous");
  const isBodiless = isForHead || status === 204 || status === 304 || status < 200;
  const body = isBodiless ? none : framing === "unsaid" ? untilClose : framing;
  const isKept = isHttp11 ? !hasToken(connection, "close") : hasToken(connection, "keep-alive");
  return {
    kind: "response",
    status,
    headers,
    framing: body,
    isKept: isKept && body.kind !== "close",
    keptSeconds: secondsOf(fieldOf(headers, "keep-alive")),
  };
}

function secondsOf(keepAlive: string | undefined): number | undefined {
  const seconds = keepAlive === undefined ? undefined : /\btimeout=(\d{1,9})/i.exec(keepAlive)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}
