import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Why probes may not reach this address, or undefined when they may. `allow` holds CIDR ranges of loopback: nothing else can be allowed. */
export function whyForbiddenAddress(address: string, allow: readonly string[]): string | undefined {
  if (isIP(address) === 0 || address.includes("%")) return "not an address";
  const ip = ipaddr.parse(address);
  const range = ip.range();
  if (metadata.has(ip.toString())) return "a metadata address";
  if (neverReached.has(range)) return `a ${range} address`;
  if (range === "loopback") {
    return allow.some((cidr) => covers(cidr, ip)) ? undefined : "loopback, and probes.allow does not cover it";
  }
  return disguises.some((cidr) => covers(cidr, ip)) ? "an IPv4 address in disguise" : undefined;
}

/** Where clouds tell a machine its secrets: AWS and most others, AWS over IPv6, Alibaba, Azure, Oracle. */
const metadata = new Set(["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"]);

/** Forms that hide an IPv4 address from the rules: the old "IPv4-compatible" one, and NAT64 by a local prefix (RFC 8215). */
const disguises = ["::/96", "64:ff9b:1::/48"];

const neverReached = new Set<string>([
  "linkLocal",
  "unspecified",
  "multicast",
  "broadcast",
  "ipv4Mapped",
  "rfc6145",
  "rfc6052",
  "6to4",
  "teredo",
]);

function covers(cidr: string, ip: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (!ipaddr.isValidCIDR(cidr)) return false;
  const [base, bits] = ipaddr.parseCIDR(cidr);
  return base.kind() === ip.kind() && ip.match(base, bits);
}

/** True for `0x7f.1`, `2130706433` and `0177.0.0.1`: addresses to some resolvers and names to others, so nobody means them well. */
export const isOddAddress = (host: string): boolean =>
  isIP(host) === 0 && /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$/i.test(host);

/** Why nobody can be sent to this address, or undefined. Strict: no zone index, no form that only some readers take. */
export function whyNotAddress(text: string): string | undefined {
  if (isIP(text) === 0 || text.includes("%")) return "is no IPv4 or IPv6 address";
  const range = ipaddr.parse(text).range();
  return nobodyIsAt.has(range) ? `is a ${range} address, and nobody can be reached there` : undefined;
}

const nobodyIsAt = new Set<string>(["unspecified", "multicast", "broadcast"]);

/** One spelling for each address, so that two spellings of one are found: `0:0::1` and `::1`. Other texts in lower case. */
export const sameSpelling = (host: string): string =>
  isIP(host) === 0 || host.includes("%") ? host.toLowerCase() : ipaddr.parse(host).toString();

export function whyNotCidr(text: string): string | undefined {
  const [base = "", bits = "", ...more] = text.split("/");
  const version = isIP(base);
  if (version === 0 || base.includes("%") || more.length > 0) return "is no CIDR range";
  const most = version === 4 ? 32 : 128;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? undefined : `needs a prefix length of 0 to ${most}`;
}

/** True when the range shares an address with loopback, the one kind that `probes.allow` can open. */
export function touchesLoopback(cidr: string): boolean {
  if (!ipaddr.isValidCIDR(cidr)) return false;
  const [base, bits] = ipaddr.parseCIDR(cidr);
  const loopback = base.kind() === "ipv4" ? ipaddr.parseCIDR("127.0.0.0/8") : ipaddr.parseCIDR("::1/128");
  const shorter = Math.min(bits, loopback[1]);
  return base.kind() === loopback[0].kind() && base.match(loopback[0], shorter);
}
