import { isIP } from "node:net";
import { isOddAddress } from "./address.ts";
import { whyNotHostName } from "./host-name.ts";

export type Endpoint = { readonly host: string; readonly port: number };

/** `host:port` in its parts, or undefined. An IPv6 host stands in brackets, and is answered without them. */
export function splitEndpoint(text: string): Endpoint | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@\s]+)):([0-9]{1,5})$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  return host === undefined ? undefined : { host, port: Number(match?.[3]) };
}

/** Why this is no endpoint, or undefined. */
export function whyNotEndpoint(text: string): string | undefined {
  if (text.includes("://")) return "is a URL; an endpoint is just host:port";
  const parts = splitEndpoint(text);
  if (!parts) return whyNotSplit(text);
  const { host, port } = parts;
  if (port < 1 || port > 65_535) return `has the port ${port}, which is not in 1 to 65535`;
  if (text.startsWith("[")) return isIP(host) === 6 ? undefined : "has no IPv6 address in its brackets";
  if (isOddAddress(host)) return "has an odd form of an address";
  const because = isIP(host) === 4 ? undefined : whyNotHostName(host.toLowerCase());
  return because === undefined ? undefined : `has a host that ${because}`;
}

function whyNotSplit(text: string): string {
  if (isIP(text) === 6 || /:.*:/.test(text)) return "has an IPv6 address without brackets, or no port";
  return text.includes(":") ? "is not host:port" : "has no port";
}

/**
 * Why a process can't be reached at this URL, or undefined. Its port is always said: the URL parser drops a scheme's own
 * (`http://…:80`), and then nobody can tell it from a forgotten one.
 */
export function whyNotProcessUrl(text: string): string | undefined {
  if (!/^https?:\/\//.test(text)) return "is not http:// or https://";
  const authority = text.replace(/^https?:\/\//, "").replace(/\/$/, "");
  const because = whyNotEndpoint(authority);
  if (because !== undefined) return because;
  const { host } = splitEndpoint(authority) ?? { host: "" };
  if (host === "0.0.0.0" || host === "::") return "names no host: the other processes connect there";
  return new URL(text).port === "" ? "has the scheme's own port; choose another" : undefined;
}
