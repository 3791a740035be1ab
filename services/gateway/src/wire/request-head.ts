import { METHODS } from "node:http";
import { fieldOf, hasToken, isTarget, parseFields } from "./fields.ts";
import { type Framing, factsOf, none } from "./framing.ts";
import { hostPattern } from "./host-pattern.ts";
import { type Malformed, malformed } from "./malformed.ts";

export type RequestHead = {
  readonly kind: "request";
  readonly method: string;
  readonly path: string;
  /** From the target when that is absolute (RFC 9112 §3.2.2), else from `Host`. */
  readonly authority: string;
  readonly isHttp11: boolean;
  /** Names in lower case. */
  readonly headers: readonly string[];
  readonly framing: Framing;
  /** The client will take another answer on this connection. */
  readonly isKept: boolean;
  readonly expect: string | undefined;
  /** The protocol that the client would rather speak from here on (RFC 9110 §7.8). */
  readonly upgrade: string | undefined;
};

/** A request's head, up to the empty line at `end`. */
export function parseRequestHead(text: string, end: number, countMax: number): RequestHead | Malformed {
  // A client of old may send one line end too many after a body (RFC 9112 §2.2).
  const from = text.startsWith("\r\n") ? 2 : 0;
  const methodEnd = text.indexOf(" ", from);
  const method = text.slice(from, methodEnd);
  if (!methods.has(method)) return malformed("the method is none that there is");
  const targetEnd = text.indexOf(" ", methodEnd + 1);
  const fieldsAt = targetEnd + lineRestLength;
  const isHttp11 = text.startsWith(http11, targetEnd);
  if (!isHttp11 && !text.startsWith(http10, targetEnd)) {
    const isVersion = otherVersion.test(text.slice(targetEnd, text.indexOf("\r\n", from)));
    return malformed("the request line doesn't end in HTTP/1.1", isVersion ? 505 : 400);
  }
  if (!isTarget(text, methodEnd + 1, targetEnd)) return malformed("the target has a character that it may not have");
  const headers = parseFields(text, fieldsAt, end);
  if (headers === undefined) return malformed("a header line is malformed");
  if (headers.length > countMax * 2) return malformed("there are too many headers", 431);
  const { framing, connection, hosts, host } = factsOf(headers, isHttp11);
  if (framing === "malformed") return malformed("the length of the body is ambiguous");
  if (hosts > 1 || (hosts === 0 && isHttp11) || !hostPattern.test(host))
    return malformed("there must be one valid host");
  if (method === "CONNECT") return malformed("this is no tunnel", 405);
  const target = splitTarget(text.slice(methodEnd + 1, targetEnd), method);
  if (target === undefined) return malformed("the target is neither a path nor a URL");
  const wantsUpgrade = isHttp11 && hasToken(connection, "upgrade");
  return {
    kind: "request",
    method,
    path: target.path,
    authority: target.authority ?? host,
    isHttp11,
    headers,
    framing: framing === "unsaid" ? none : framing,
    isKept: isHttp11 ? !hasToken(connection, "close") : hasToken(connection, "keep-alive"),
    expect: isHttp11 ? fieldOf(headers, "expect") : undefined,
    upgrade: wantsUpgrade ? fieldOf(headers, "upgrade") : undefined,
  };
}

/** Those that Node knows, which are IANA's and a few more. */
const methods: ReadonlySet<string> = new Set(METHODS);
const [http11, http10] = [" HTTP/1.1\r\n", " HTTP/1.0\r\n"];
const lineRestLength = http11.length;
const otherVersion = /^ HTTP\/\d\.\d$/;

type Target = { readonly authority?: string; readonly path: string };

function splitTarget(target: string, method: string): Target | undefined {
  if (target.startsWith("/") || (target === "*" && method === "OPTIONS")) return { path: target };
  const match = /^https?:\/\/([^/?]+)(.*)$/i.exec(target);
  const [, authority = "", rest = ""] = match ?? [];
  if (!match || !hostPattern.test(authority)) return undefined;
  return { authority, path: rest.startsWith("/") ? rest : `/${rest}` };
}
