import { Readable } from "node:stream";
import type { UpstreamRequest } from "../relay/upstream.ts";
import { fieldLines } from "../wire/chunk-text.ts";
import { fieldOf } from "../wire/fields.ts";

/** `bytes`: what the length promises; undefined where the body goes in chunks. */
export type RequestText = { readonly text: string; readonly bytes: number | undefined };

/**
 * A request's head as it goes to an endpoint of HTTP/1.1, a character for each byte: all of it was looked at character by character when
 * it came. Undefined when it can't be sent: what came over HTTP/2 may have a method that nobody knows, or a length which isn't its body's.
 */
export function requestText(request: UpstreamRequest): RequestText | undefined {
  const { method, path, authority, headers, body } = request;
  if (!isMethod.test(method)) return undefined;
  const said = fieldOf(headers, "content-length");
  const head = `${method} ${path} HTTP/1.1\r\nhost: ${authority}\r\n${fieldLines(headers)}`;
  if (body instanceof Readable) {
    if (said === undefined) return { text: `${head}transfer-encoding: chunked\r\n\r\n`, bytes: undefined };
    return isLength.test(said) ? { text: `${head}\r\n`, bytes: Number(said) } : undefined;
  }
  const bytes = body?.length ?? 0;
  if (said !== undefined) return said === String(bytes) ? { text: `${head}\r\n`, bytes } : undefined;
  const isExpected = bytes > 0 || bodied.has(method);
  return { text: isExpected ? `${head}content-length: ${bytes}\r\n\r\n` : `${head}\r\n`, bytes };
}

/** Of these a body is expected, so that there is none must be said (RFC 9110 §8.6). */
const bodied: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);
const isMethod = /^[A-Z-]+$/;
const isLength = /^\d{1,15}$/;
