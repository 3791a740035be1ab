import { Field } from "./field.ts";

/** Fields that both sides know from the start, by their index from 1 on (RFC 7541, appendix A). */
export const staticTable: readonly Field[] = [
  "",
  ":authority",
  ":method GET",
  ":method POST",
  ":path /",
  ":path /index.html",
  ":scheme http",
  ":scheme https",
  ":status 200",
  ":status 204",
  ":status 206",
  ":status 304",
  ":status 400",
  ":status 404",
  ":status 500",
  "accept-charset",
  "accept-encoding gzip, deflate",
  "accept-language",
  "accept-ranges",
  "accept",
  "access-control-allow-origin",
  "age",
  "allow",
  "authorization",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-range",
  "content-type",
  "cookie",
  "date",
  "etag",
  "expect",
  "expires",
  "from",
  "host",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "last-modified",
  "link",
  "location",
  "max-forwards",
  "proxy-authenticate",
  "proxy-authorization",
  "range",
  "referer",
  "refresh",
  "retry-after",
  "server",
  "set-cookie",
  "strict-transport-security",
  "transfer-encoding",
  "user-agent",
  "vary",
  "via",
  "www-authenticate",
].map((text) => {
  const [name = "", ...value] = text.split(" ");
  return new Field(name, value.join(" "));
});

/** The index from which those of the dynamic table go on. */
export const dynamicFrom: number = staticTable.length;

/** By name the first index, for a name that is said with another value. */
export const staticNames: ReadonlyMap<string, number> = new Map(
  staticTable.map(({ name }, index) => [name, index] as const).toReversed(),
);
