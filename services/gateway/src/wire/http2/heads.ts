import type { HeaderList } from "../../relay/inbound.ts";
import { isTarget } from "../fields.ts";
import { hostPattern } from "../host-pattern.ts";
import type { Field } from "./field.ts";

/** A request as its fields tell it (RFC 9113 §8.3.1). */
export type RequestHead = {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: HeaderList;
  /** What its body will come to, if that was said. */
  readonly length: number | undefined;
};

export type ResponseHead = {
  readonly status: number;
  readonly headers: HeaderList;
  readonly length: number | undefined;
};

/** Undefined: it is malformed (RFC 9113 §8.1.1). */
export function requestHead(fields: readonly Field[]): RequestHead | undefined {
  let [method, scheme, path, authority, host, length]: (string | undefined)[] = [];
  const headers: string[] = [];
  for (const { name, value, kind } of fields) {
    switch (kind) {
      case ":method":
        if (method !== undefined || headers.length > 0) return undefined;
        method = value;
        break;
      case ":scheme":
        if (scheme !== undefined || headers.length > 0) return undefined;
        scheme = value;
        break;
      case ":path":
        if (path !== undefined || headers.length > 0) return undefined;
        path = value;
        break;
      case ":authority":
        if (authority !== undefined || headers.length > 0) return undefined;
        authority = value;
        break;
      case "host":
        if (host !== undefined) return undefined;
        host = value;
        headers.push(name, value);
        break;
      case "content-length":
        if (length !== undefined) return undefined;
        length = value;
        headers.push(name, value);
        break;
      case "te":
        if (value.toLowerCase() !== "trailers") return undefined;
        headers.push(name, value);
        break;
      case "plain":
        headers.push(name, value);
        break;
      case ":status":
      case "between":
      case "blank":
      case "bad":
        return undefined;
      default:
        return kind satisfies never;
    }
  }
  if (method === undefined || !isMethod.test(method)) return undefined;
  // Two hosts are for two readers to choose between (RFC 9113 §8.3.1).
  if (authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase()) return undefined;
  const target = authority ?? host ?? "";
  if (!hostPattern.test(target)) return undefined;
  const bytes = length === undefined ? undefined : lengthOf(length);
  if (bytes === -1) return undefined;
  if (method === "CONNECT") {
    const isTunnel = scheme === undefined && path === undefined && authority !== undefined;
    return isTunnel ? { method, path: "", authority: target, headers, length: bytes } : undefined;
  }
  if (scheme === undefined || path === undefined || !isPath(path, method)) return undefined;
  return { method, path, authority: target, headers, length: bytes };
}

/** An answer's first block, or a word in between (1xx). */
export function responseHead(fields: readonly Field[]): ResponseHead | undefined {
  let [status, length]: (string | undefined)[] = [];
  const headers: string[] = [];
  for (const { name, value, kind } of fields) {
    switch (kind) {
      case ":status":
        if (status !== undefined || headers.length > 0) return undefined;
        status = value;
        break;
      case "content-length":
        if (length !== undefined && length !== value) return undefined;
        if (length === undefined) headers.push(name, value);
        length = value;
        break;
      case "plain":
      case "host":
      case "te":
        headers.push(name, value);
        break;
      case "blank":
        headers.push(name, trimmed(value));
        break;
      case ":method":
      case ":scheme":
      case ":path":
      case ":authority":
      case "between":
      case "bad":
        return undefined;
      default:
        return kind satisfies never;
    }
  }
  if (status === undefined || !isStatus.test(status) || status === "101") return undefined;
  const bytes = length === undefined ? undefined : lengthOf(length);
  return bytes === -1 ? undefined : { status: Number(status), headers, length: bytes };
}

/** What follows a body: nothing of it may say what the message is (RFC 9110 §6.5.1). */
export function trailersOf(fields: readonly Field[]): HeaderList | undefined {
  const list: string[] = [];
  for (const { name, value, kind } of fields) {
    if (kind !== "plain" && kind !== "blank") return undefined;
    list.push(name, kind === "plain" ? value : trimmed(value));
  }
  return list;
}

/** What servers of gRPC say may end in a blank, and is worth more without it than not at all. */
const trimmed = (value: string): string => value.replaceAll(/^[\t ]+|[\t ]+$/g, "");

const isPath = (path: string, method: string): boolean =>
  path.startsWith("/") ? isTarget(path, 0, path.length) : path === "*" && method === "OPTIONS";

/** -1: it is none. */
const lengthOf = (value: string): number => (isLength.test(value) ? Number(value) : -1);

const isMethod = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const isStatus = /^[1-5]\d\d$/;
const isLength = /^\d{1,15}$/;
